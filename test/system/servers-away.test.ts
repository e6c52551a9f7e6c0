import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Agents, type TestAgent } from "./support/agents.ts";
import { eventually } from "./support/nomad.ts";

/** A client of the built command whose servers are all gone for longer than it may be silent. */

interface Allocation {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
}

const count = 3;

/** Each start of a task leaves a line with its process. */
const job = (starts: string) => `
job "web" {
  datacenters = ["dc1"]
  group "app" {
    count = ${count}
    task "sleep" {
      driver = "raw_exec"
      config { command = "/bin/sh" args = ["-c", "echo $$ >> ${starts}; exec /bin/sleep 3600"] }
      resources { cpu = 20 memory = 16 disk = 150 }
    }
  }
}
`;

test("with no server at all tasks run on, and when servers return the node is theirs again and nothing was started twice", async () => {
  const agents = await Agents.begin();
  try {
    const servers = [await agents.place("s1"), await agents.place("s2"), await agents.place("s3")];
    const [first] = servers as [TestAgent];
    for (const server of servers) {
      await server.start(`server { enabled = true bootstrap_expect = 3 heartbeat_grace = "1s"
        retry_join = ["${first.serf}"] retry_interval = "200ms" }`);
    }
    await first.knowsLeader();
    const client = await agents.start({
      name: "c1",
      settings: `client { enabled = true network_interface = "lo" options { "driver.raw_exec.enable" = "1" }
        servers = [${servers.map(({ rpc }) => `"${rpc}"`).join(", ")}] }`,
    });
    await first.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready");
    const starts = join(client.dataDirectory, "starts");
    const ran = await first.nomad("run", "-detach", await agents.file("web.nomad", job(starts)));
    assert.equal(ran.code, 0, ran.stderr);
    const before = await allocationsOf(first);
    const processes = await processesIn(starts);
    const nodeBefore = await first.get<{ ID: string }[]>("/v1/nodes");

    await Promise.all(servers.map((server) => server.kill()));
    await eventually(
      "the client has been silent for longer than it may",
      async () => {
        const { last, granted } = await heartbeatOf(client);
        const says = /\[ERR\] client: heartbeating failed/.test(await client.output());
        return (says && last > granted + 1) || undefined;
      },
      40,
    );
    const warnings = (await client.output()).match(/server failed, another is asked/g) ?? [];
    assert.ok(warnings.length <= 3, "each server that is lost is told of once, however long it is away");
    assert.deepEqual(await processesIn(starts), processes, "tasks do not need servers");

    for (const server of servers) server.restart();
    await first.knowsLeader();
    await eventually(
      "the client has reached them",
      async () => ((await heartbeatOf(client)).last < 2 ? true : undefined),
      40,
    );
    await first.seen<{ ID: string; Status: string }[]>("the same node is ready", "/v1/nodes", (nodes) => {
      return nodes.length === 1 && nodes[0]?.ID === nodeBefore[0]?.ID && nodes[0]?.Status === "ready";
    });
    // The client reports anew and listens again: what servers want of it since has come to it.
    const scaled = job(starts).replace(`count = ${count}`, `count = ${count + 1}`);
    await first.nomad("run", "-detach", await agents.file("web.nomad", scaled));
    const after = await allocationsOf(first, count + 1);
    const known = new Set(before.map(({ ID }) => ID));
    const kept = after.filter(({ ID }) => known.has(ID));
    assert.deepEqual(kept.map(identity).sort(), before.map(identity).sort(), "no allocation was replaced");
    assert.equal(after.length, count + 1, "and none was made beside them but the one that was asked for");
    const now = await processesIn(starts, count + 1);
    assert.equal(now.length, count + 1, "no task was started twice");
    for (const each of processes) assert.ok(now.includes(each), "the tasks are the same processes");
  } finally {
    await agents.dispose();
  }
});

function identity({ ID, ClientStatus, DesiredStatus }: Allocation): string {
  return `${ID} ${ClientStatus} ${DesiredStatus}`;
}

/** All allocations of the job, once as many of them run as are wanted. */
function allocationsOf(server: TestAgent, wanted = count): Promise<readonly Allocation[]> {
  const run = (all: readonly Allocation[]) => all.filter(({ ClientStatus }) => ClientStatus === "running").length;
  return server.seen<readonly Allocation[]>("the job runs", "/v1/job/web/allocations", (all) => run(all) === wanted);
}

/** Processes of tasks, one for each start there was; all of them must be running. */
async function processesIn(starts: string, wanted = count): Promise<readonly string[]> {
  const lines = await eventually("all tasks have begun", async () => {
    const text = await readFile(starts, "utf8").catch(() => "");
    const pids = text.trim().split("\n");
    return pids.length >= wanted ? pids : undefined;
  });
  for (const pid of lines) assert.ok((await readFile(`/proc/${pid}/cmdline`, "utf8")).includes("sleep"));
  return lines.sort();
}

/** Seconds since the client last heard from a server, and how many it may be silent for. */
async function heartbeatOf(client: TestAgent): Promise<{ readonly last: number; readonly granted: number }> {
  type Self = { readonly stats: { readonly client: Readonly<Record<string, string>> } };
  const { last_heartbeat = "", heartbeat_ttl = "" } = (await client.get<Self>("/v1/agent/self")).stats.client;
  return { last: secondsOf(last_heartbeat), granted: secondsOf(heartbeat_ttl) };
}

/** Of a duration as Go prints it, below an hour. */
function secondsOf(duration: string): number {
  const [, minutes = "0", rest = "0", unit = "s"] = /^(?:(\d+)m)?(?:([\d.]+)(s|ms|µs|ns))?$/.exec(duration) ?? [];
  const scale = { s: 1, ms: 1e-3, µs: 1e-6, ns: 1e-9 }[unit] ?? Number.NaN;
  return Number(minutes) * 60 + Number(rest) * scale;
}
