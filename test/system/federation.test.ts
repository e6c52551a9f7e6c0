import assert from "node:assert/strict";
import { test } from "node:test";
import { Agents, type TestAgent } from "./support/agents.ts";
import { eventually, plain } from "./support/nomad.ts";

/** Two regions of the built command in real processes, of one gossip, each with a Raft of its own. */

const job = (id: string, region: string) => `
job "${id}" {
  region = "${region}"
  datacenters = ["dc1"]
  group "app" {
    task "sleep" {
      driver = "raw_exec"
      config { command = "/bin/sleep" args = ["3600"] }
      resources { cpu = 20 memory = 16 disk = 150 }
    }
  }
}
`;

const server = (region: string, join: readonly string[]) => `
region = "${region}"
server {
  enabled = true
  bootstrap_expect = 1
  retry_join = [${join.map((address) => `"${address}"`).join(", ")}]
  retry_interval = "1s"
}`;

const client = (region: string, of: TestAgent) => `
region = "${region}"
client { enabled = true network_interface = "lo" servers = ["${of.rpc}"] options { "driver.raw_exec.enable" = "1" } }`;

test("two regions that gossip answer for each other, and keep what is theirs apart", async () => {
  const agents = await Agents.begin();
  try {
    const [eu, us] = [await agents.place("eu1"), await agents.place("us1")];
    await eu.start(server("eu", []));
    await us.start(server("us", [eu.serf]));
    const worker = await agents.start({ name: "eu-c1", settings: client("eu", eu) });
    await Promise.all([eu.knowsLeader(), us.knowsLeader()]);
    for (const each of [eu, us]) await each.sees({ "eu1.eu": "alive", "us1.us": "alive" });

    for (const each of [eu, us, worker]) assert.deepEqual(await each.get("/v1/regions"), ["eu", "us"]);
    const listed = await us.nomad("server-members");
    assert.equal(listed.code, 0, listed.stderr);
    // Each leads its own region, and both commands print it.
    for (const [name, region] of [
      ["eu1.eu", "eu"],
      ["us1.us", "us"],
    ]) {
      assert.match(plain(listed.stdout), new RegExp(`^${name} .* alive +true .* dc1 +${region}$`, "m"));
    }

    // From a server and a client of one region, jobs of the other are run, seen and stopped.
    const [euFile, usFile] = [
      await agents.file("a.nomad", job("a", "eu")),
      await agents.file("b.nomad", job("b", "us")),
    ];
    const ran = await us.nomad("run", "-detach", "-region", "eu", euFile);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal((await worker.nomad("run", "-detach", "-region", "us", usFile)).code, 0);
    const ids = async (agent: TestAgent, query = "") =>
      (await agent.get<{ ID: string }[]>(`/v1/jobs${query}`)).map(({ ID }) => ID);
    assert.deepEqual([await ids(eu), await ids(us)], [["a"], ["b"]]);
    assert.deepEqual([await ids(eu, "?region=us"), await ids(us, "?region=eu")], [["b"], ["a"]]);
    assert.deepEqual(await ids(worker, "?region=us"), ["b"]);
    await eventually("the job runs in its own region", async () => {
      const shown = await us.nomad("status", "-region", "eu", "a");
      return / running /.test(shown.stdout) || undefined;
    });
    const nodes = await us.nomad("node-status", "-region", "eu");
    assert.match(nodes.stdout, /eu-c1/);
    assert.equal((await us.nomad("stop", "-detach", "-yes", "-region", "eu", "a")).code, 0);

    // A question that waits at the other region wakes when something changes there.
    const index = Number((await us.ask("/v1/jobs?region=eu")).headers.get("x-nomad-index"));
    const waiting = us.ask(`/v1/jobs?region=eu&index=${index}&wait=30s`, { signal: AbortSignal.timeout(20_000) });
    assert.equal((await eu.nomad("run", "-detach", euFile)).code, 0);
    assert.ok(Number((await waiting).headers.get("x-nomad-index")) > index);

    const measured = await us.get<{ readonly Counters: readonly { readonly Name: string }[] }>("/v1/metrics");
    const crossing = measured.Counters.filter(({ Name }) => Name.startsWith("nomad.nomad.rpc.cross-region."));
    assert.deepEqual([...new Set(crossing.map(({ Name }) => Name))], ["nomad.nomad.rpc.cross-region.eu"]);

    const lost = await eu.ask("/v1/jobs?region=mars");
    assert.deepEqual([lost.status, await lost.text()], [500, "No path to region"]);
    const command = await eu.nomad("status", "-region", "mars");
    assert.equal(command.code, 1);
    assert.match(command.stderr, /Unexpected response code: 500 \(No path to region\)/);
    // A client passes on what the server it asked has said.
    const passedOn = await worker.ask("/v1/jobs?region=mars");
    assert.match(`${passedOn.status} ${await passedOn.text()}`, /^500 RPC failed to server .*: No path to region$/);
  } finally {
    await agents.dispose();
  }
});
