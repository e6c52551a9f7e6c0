import assert from "node:assert/strict";
import { test } from "node:test";
import { Agents, type TestAgent } from "./support/agents.ts";
import { eventually } from "./support/nomad.ts";

/** A node is emptied by the command of 1.x while what runs on it goes on. */

const job = `
job "web" {
  datacenters = ["dc1"]
  migrate { max_parallel = 1 min_healthy_time = "1s" }
  group "app" {
    count = 3
    task "sleep" {
      driver = "raw_exec"
      config { command = "/bin/sleep" args = ["3600"] }
      resources { cpu = 20 memory = 16 }
    }
  }
}
`;

const client = (of: TestAgent) =>
  `client { enabled = true network_interface = "lo" servers = ["${of.rpc}"] options { "driver.raw_exec.enable" = "1" } }`;

interface Stub {
  readonly NodeID: string;
  readonly DesiredStatus: string;
  readonly ClientStatus: string;
}

interface NodeStub {
  readonly ID: string;
  readonly Name: string;
  readonly Status: string;
  readonly SchedulingEligibility: string;
  readonly LastDrain: { readonly Status: string; readonly Meta: Readonly<Record<string, string>> } | null;
}

test("a service of three that is drained off its node misses one allocation at a time, and the drain is remembered", async () => {
  const agents = await Agents.begin();
  try {
    const server = await agents.start({ name: "s1", settings: "server { enabled = true bootstrap_expect = 1 }" });
    const nodes = async () => {
      const listed = await server.get<readonly NodeStub[]>("/v1/nodes").catch(() => []);
      return new Map(listed.map((node) => [node.Name, node]));
    };
    const ready = (name: string) =>
      eventually(`${name} is ready`, async () => {
        const node = (await nodes()).get(name);
        return node?.Status === "ready" ? node.ID : undefined;
      });
    await agents.start({ name: "c1", settings: client(server) });
    const first = await ready("c1");
    assert.equal((await server.nomad("run", "-detach", await agents.file("web.nomad", job))).code, 0);
    const running = async () => {
      const all = await server.get<readonly Stub[]>("/v1/job/web/allocations");
      return all.filter(({ DesiredStatus, ClientStatus }) => DesiredStatus === "run" && ClientStatus === "running");
    };
    await eventually("three run", async () => (await running()).length === 3 || undefined);
    await agents.start({ name: "c2", settings: client(server) });
    const second = await ready("c2");

    let fewest = 3;
    let isOver = false;
    const watching = (async () => {
      while (!isOver) fewest = Math.min(fewest, (await running()).length);
    })();
    const line = ["node", "drain", "-enable", "-yes", "-deadline=5m", "-m", "new disk", "-meta", "by=ann", first];
    const drained = await server.nomad(...line);
    isOver = true;
    await watching;
    assert.equal(drained.code, 0, drained.stderr);
    assert.match(drained.stdout, /is not draining any more/);
    assert.equal(fewest, 2);
    await eventually("three run elsewhere", async () => {
      const there = await running();
      return (there.length === 3 && there.every(({ NodeID }) => NodeID === second)) || undefined;
    });
    const { SchedulingEligibility, LastDrain } = (await nodes()).get("c1") ?? assert.fail();
    assert.deepEqual(
      [SchedulingEligibility, LastDrain?.Status, LastDrain?.Meta],
      ["ineligible", "complete", { by: "ann", message: "new disk" }],
    );
  } finally {
    await agents.dispose();
  }
});
