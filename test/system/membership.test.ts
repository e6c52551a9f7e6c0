import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Agents, type TestAgent } from "./support/agents.ts";
import { eventually, plain } from "./support/nomad.ts";

/**
 * What Nomad's page on running it says of members that come, fail and leave, on three servers and two clients of the
 * built command. Gossip keeps the pace that Nomad sets: a failure is seen after some forty seconds.
 */

const job = (id: string, count: number) => `
job "${id}" {
  datacenters = ["dc1"]
  group "app" {
    count = ${count}
    task "sleep" {
      driver = "raw_exec"
      config { command = "/bin/sleep" args = ["3600"] }
      resources { cpu = 20 memory = 16 disk = 150 }
    }
  }
}
`;

const patience = 90;

interface Allocation {
  readonly ID: string;
  readonly NodeID: string;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
}

describe("members of a cluster", () => {
  let agents: Agents;
  let servers: readonly TestAgent[];
  let clients: readonly TestAgent[];
  const others = (than: TestAgent) => servers.filter((each) => each !== than);

  before(async () => {
    agents = await Agents.begin();
    const [s1, s2, s3] = [await agents.place("s1"), await agents.place("s2"), await agents.place("s3")];
    servers = [s1, s2, s3];
    // One is told by a file, one by flags, and one joins by the other two once they are there.
    await s1.start("server { enabled = true bootstrap_expect = 3 }\nleave_on_interrupt = true");
    const flags = ["-server", "-bootstrap-expect=3", "-bind=127.0.0.1", "-dc=dc1", "-region=global"];
    const joining = [`-retry-join=${s1.serf}`, `-retry-join=${s3.serf}`, "-retry-interval=200ms", "-rejoin"];
    await s2.start("leave_on_interrupt = true", [...flags, ...joining]);
    await s1.seen("answers", "/v1/agent/members", () => true);
    await s3.start("leave_on_interrupt = true", [...flags, `-join=${s1.serf}`]);
    const common = `leave_on_terminate = true
client { enabled = true network_interface = "lo" options { "driver.raw_exec.enable" = "1" } `;
    clients = [
      await agents.start({ name: "c1", settings: `${common} servers = ["${s1.rpc}", "${s2.rpc}"] }` }),
      await agents.start({ name: "c2", settings: `${common} }`, flags: ["-client", `-servers=${s2.rpc},${s3.rpc}`] }),
    ];
    for (const server of servers) await server.knowsLeader();
  });
  after(() => agents.dispose());

  test("a server that fails stays in Raft, and is put out and let in again by its name", async () => {
    const failing = await followerAmong(servers);
    const name = `${failing.name}.global`;
    await failing.kill();
    const [witness] = others(failing) as [TestAgent];
    await Promise.all(others(failing).map((each) => each.sees({ [name]: "failed" }, patience)));
    assert.ok((await peersOf(witness)).includes(failing.rpc), "it is expected back");

    const forced = await witness.nomad("server-force-leave", name);
    assert.equal(forced.code, 0, forced.stderr);
    for (const each of others(failing)) await each.sees({ [name]: "left" });
    assert.match(plain((await witness.nomad("server-members")).stdout), new RegExp(`^${name} .* left `, "m"));
    await eventually("nothing is sent to it any more", async () => {
      const peers = await peersOf(witness);
      return (peers.length === 2 && !peers.includes(failing.rpc)) || undefined;
    });

    failing.restart();
    for (const each of others(failing)) await each.sees({ [name]: "alive" });
    await eventually("it has its vote again", async () => (await peersOf(witness)).length === 3 || undefined);
    const shown = await witness.nomad("status");
    await eventually("it has caught up", async () => {
      const asked = await failing.nomad("status");
      return (asked.code === 0 && asked.stdout === shown.stdout) || undefined;
    });
  });

  test("a leader that leaves hands over, is seen to leave and not to fail, and comes back when it is started", async () => {
    const leaving = await leaderAmong(servers);
    const staying = others(leaving);
    const file = await agents.file("written.nomad", job("written", 0));
    const exited = leaving.end("SIGINT");
    const begun = performance.now();
    const [asked] = staying as [TestAgent];
    await eventually("another leads", async () => {
      const leader = await asked.get<string>("/v1/status/leader").catch(() => "");
      return staying.some(({ rpc }) => rpc === leader) || undefined;
    });
    const ran = await asked.nomad("run", "-detach", file);
    assert.equal(ran.code, 0, ran.stderr);
    const took = performance.now() - begun;
    assert.ok(took < 4_000, `a change was taken only after ${took} ms`);

    assert.equal(await exited, 0, await leaving.output());
    assert.match(await leaving.output(), /==> Caught signal: interrupt\n==> Gracefully shutting down agent\.\.\.\n/);
    for (const each of staying) await each.sees({ [`${leaving.name}.global`]: "left" });
    for (const each of staying) assert.doesNotMatch(await each.output(), failureOf(leaving, await each.output()));
    await eventually("nothing is sent to it any more", async () => {
      const peers = await peersOf(asked);
      return !peers.includes(leaving.rpc) || undefined;
    });

    leaving.restart();
    for (const each of staying) await each.sees({ [`${leaving.name}.global`]: "alive" });
    await eventually("it has its vote again", async () => (await peersOf(asked)).length === 3 || undefined);
  });

  test("a client that leaves is down at once: its work moves, and nothing new is placed on it", async () => {
    const [server] = servers as [TestAgent];
    await server.seen<{ Status: string }[]>("two nodes are ready", "/v1/nodes", (all) => readyOf(all) === 2);
    assert.equal((await server.nomad("run", "-detach", await agents.file("web.nomad", job("web", 2)))).code, 0);
    const before = await runningOf(server, "web", 2);
    const nodes = await server.get<{ ID: string; Name: string }[]>("/v1/nodes");
    const gone = nodes.find(({ ID }) => ID === before[0]?.NodeID);
    const [leaving] = clients.filter(({ name }) => name === gone?.Name) as [TestAgent];
    assert.equal(await leaving.end("SIGTERM"), 0, await leaving.output());
    await server.seen<{ ID: string; Status: string }[]>("it is down", "/v1/nodes", (all) =>
      all.some(({ ID, Status }) => ID === gone?.ID && Status === "down"),
    );
    const moved = await runningOf(server, "web", 2, gone?.ID);
    assert.equal((await server.nomad("run", "-detach", await agents.file("more.nomad", job("more", 2)))).code, 0);
    const placed = await runningOf(server, "more", 2);
    assert.match(await leaving.output(), /\[INFO\] client: leaving: tasks that are wanted elsewhere end here/);
    assert.doesNotMatch(await leaving.output(), /tasks are left running, and will not be found/);
    for (const { NodeID } of [...moved, ...placed]) assert.notEqual(NodeID, gone?.ID);
  });
});

test("who cannot join says why and ends: at once by start_join, after its tries by retry_join", async () => {
  const agents = await Agents.begin();
  try {
    const nobody = (await agents.place("nobody")).serf;
    const [strict, patient] = [await agents.place("strict"), await agents.place("patient")];
    await strict.start("server { enabled = true }", [`-join=${nobody}`]);
    await patient.start(`server { enabled = true retry_join = ["${nobody}"] retry_max = 5 retry_interval = "30s" }`, [
      "-retry-max=1",
      "-retry-interval=100ms",
    ]);
    assert.deepEqual([await strict.exitCode(), await patient.exitCode()], [1, 1]);
    const reason = `Failed to join 127.0.0.1: dial tcp ${nobody}: connect: connection refused`;
    const said = await strict.output();
    assert.ok(said.includes("==> Error joining the cluster: ") && said.includes(reason), said);
    const tried = await patient.output();
    assert.equal(tried.split("[WARN] agent: Join failed: ").length - 1, 1, tried);
    assert.ok(tried.includes("retrying in 100ms"), tried);
    assert.match(tried, /\[ERR\] agent: max join retry exhausted, exiting/);
  } finally {
    await agents.dispose();
  }
});

function readyOf(nodes: readonly { readonly Status: string }[]): number {
  return nodes.filter(({ Status }) => Status === "ready").length;
}

/** A line that says that `agent` failed, after its first goodbye in this log. */
function failureOf({ name }: TestAgent, log: string): RegExp {
  assert.match(log, new RegExp(`EventMemberLeave: ${name}\\.global`));
  return new RegExp(`EventMemberLeave: ${name}\\.global[\\s\\S]*EventMemberFailed: ${name}\\.global`);
}

async function leaderAmong(servers: readonly TestAgent[]): Promise<TestAgent> {
  const address = await (servers[0] as TestAgent).knowsLeader();
  return servers.find(({ rpc }) => rpc === address) as TestAgent;
}

async function followerAmong(servers: readonly TestAgent[]): Promise<TestAgent> {
  const leader = await leaderAmong(servers);
  return servers.find((each) => each !== leader) as TestAgent;
}

/** RPC addresses of the servers that Raft counts. */
function peersOf(server: TestAgent): Promise<readonly string[]> {
  return server.get("/v1/status/peers");
}

/** A job's running allocations once there are as many that are to run, none of them on the node `except`. */
async function runningOf(
  server: TestAgent,
  jobID: string,
  count: number,
  except?: string,
): Promise<readonly Allocation[]> {
  const run = (all: readonly Allocation[]) =>
    all.filter(
      ({ NodeID, ClientStatus, DesiredStatus }) =>
        ClientStatus === "running" && DesiredStatus === "run" && NodeID !== except,
    );
  const path = `/v1/job/${jobID}/allocations`;
  const all = await server.seen<readonly Allocation[]>(`${jobID} runs`, path, (seen) => run(seen).length === count);
  return run(all);
}
