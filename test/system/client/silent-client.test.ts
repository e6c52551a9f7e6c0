import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Agents, type TestAgent } from "../support/agents.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";

/** A client that is not heard for longer than it may be silent, while its task runs on, and that comes back. */

interface Seen {
  readonly ID: string;
  readonly NodeID: string;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
}

const isRelease = scaled({ merge: 0, release: 1 }) === 1;

test("R27: a task runs twice only while its client is not heard, and the old copy ends within 10 s of its return", {
  skip: !isRelease && "takes as long as a client may be silent",
}, async () => {
  const agents = await Agents.begin();
  try {
    const server = await agents.start({
      name: "s1",
      settings: 'server { enabled = true bootstrap_expect = 1 heartbeat_grace = "1s" }',
    });
    await server.knowsLeader();
    const clients: TestAgent[] = [];
    for (const name of ["c1", "c2"]) {
      const options = `servers = ["${server.rpc}"] options { "driver.raw_exec.enable" = "1" }`;
      const settings = `client { enabled = true network_interface = "lo" ${options} }`;
      clients.push(await agents.start({ name, settings }));
    }
    type Nodes = readonly { readonly ID: string; readonly Name: string; readonly Status: string }[];
    const nodes = await server.seen<Nodes>("both nodes are ready", "/v1/nodes", (all) =>
      ["c1", "c2"].every((name) => all.some(({ Name, Status }) => Name === name && Status === "ready")),
    );
    const starts = join(server.dataDirectory, "starts");
    const job = `job "web" {
      datacenters = ["dc1"]
      group "g" {
        task "t" {
          driver = "raw_exec"
          config { command = "/bin/sh" args = ["-c", "echo $$ >> ${starts}; exec /bin/sleep 3600"] }
          resources { cpu = 20 memory = 16 }
        }
      }
    }`;
    const ran = await server.nomad("run", "-detach", await agents.file("web.nomad", job));
    assert.equal(ran.code, 0, ran.stderr);
    const running = await server.seen<readonly Seen[]>("it runs", "/v1/job/web/allocations", (all) =>
      all.some(({ ClientStatus }) => ClientStatus === "running"),
    );
    const [{ Name } = { Name: "" }] = nodes.filter(({ ID }) => ID === running[0]?.NodeID);
    const silent = clients.find(({ name }) => name === Name) as TestAgent;
    const [old] = await processesIn(starts, 1);

    silent.signal("SIGSTOP");
    const [, replacement] = await processesIn(starts, 2);
    assert.ok(isAlive(old), "the old copy runs on where nobody is heard");
    silent.signal("SIGCONT");
    await eventually("the old copy has ended", () => !isAlive(old) || undefined, 10);
    await server.seen<Nodes>("the node is ready again", "/v1/nodes", (all) =>
      all.every(({ Status }) => Status === "ready"),
    );
    assert.ok(isAlive(replacement));
    assert.equal((await processesIn(starts, 2)).length, 2, "nothing else was started");
  } finally {
    await agents.dispose();
  }
});

/** The processes of all starts, once there are so many. */
function processesIn(starts: string, count: number): Promise<readonly number[]> {
  return eventually(
    `it was started ${count} times`,
    () => {
      const lines = existsSync(starts) ? readFileSync(starts, "utf8").split("\n").filter(Boolean).map(Number) : [];
      return lines.length >= count ? lines : undefined;
    },
    90,
  );
}

function isAlive(pid: number | undefined): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
}
