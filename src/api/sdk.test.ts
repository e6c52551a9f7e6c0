import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import type { Job } from "../model/index.ts";
import { filled } from "./http/route.ts";
import { askingRoutes, localRoutes } from "./http/routes.ts";
import { Nomad, type Transport, UnexpectedStatus } from "./sdk.ts";

/** An agent that keeps what it was asked and always gives one answer. */
function agent(status: number, text: string, headers: Record<string, string> = {}) {
  const asked: string[] = [];
  const transport: Transport = {
    send: async ({ method, target, body }) => {
      asked.push([method, target, body].filter((part) => part !== undefined).join(" "));
      return { status, headers, body: piecesOf(text) };
    },
  };
  return { asked, transport };
}

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text.slice(0, 2));
  yield Buffer.from(text.slice(2));
}

test("every question goes to its path with what was said to it", async () => {
  const { asked, transport } = agent(200, "{}");
  const nomad = new Nomad(transport, { region: "eu" });
  await nomad.jobs.list({ prefix: "a/b c", index: 5, wait: seconds(90), stale: true });
  await nomad.jobs.get("cron/periodic-1");
  await nomad.jobs.register({ ID: "web" } as Job, { enforceIndex: 0 });
  await nomad.jobs.plan({ ID: "a b" } as Job, { diff: false, region: "us" });
  await nomad.jobs.deregister("web", { purge: false });
  await nomad.nodes.drain("n", { enable: true });
  await nomad.nodes.updateDrain("n", { DrainSpec: null, MarkEligible: true });
  await nomad.agent.join(["a:1", "b:2"]);
  await nomad.agent.forceLeave("x y");
  await nomad.client.readFileAt("a", { path: "/f", offset: 0, limit: 10 });
  assert.deepEqual(asked, [
    "GET /v1/jobs?region=eu&prefix=a%2Fb+c&index=5&stale=&wait=1m30s",
    "GET /v1/job/cron%2Fperiodic-1?region=eu",
    'PUT /v1/jobs?region=eu {"Job":{"ID":"web"},"EnforceIndex":true,"JobModifyIndex":0}',
    'PUT /v1/job/a%20b/plan?region=us {"Job":{"ID":"a b"},"Diff":false}',
    "DELETE /v1/job/web?purge=false&region=eu",
    "PUT /v1/node/n/drain?enable=true&region=eu",
    'PUT /v1/node/n/drain?region=eu {"NodeID":"n","DrainSpec":null,"MarkEligible":true}',
    "PUT /v1/agent/join?address=a%3A1&address=b%3A2&region=eu",
    "PUT /v1/agent/force-leave?node=x+y&region=eu",
    "GET /v1/client/fs/readat/a?path=%2Ff&offset=0&limit=10&region=eu",
  ]);
});

test("an answer comes with its freshness", async () => {
  const { transport } = agent(200, '["global"]', {
    "x-nomad-index": "7",
    "x-nomad-knownleader": "true",
    "x-nomad-lastcontact": "12",
  });
  const answer = await new Nomad(transport).status.regions();
  assert.deepEqual(answer, { value: ["global"], index: 7, knownLeader: true, lastContact: seconds(0.012) });
});

test("an empty answer is no value", async () => {
  const { transport } = agent(200, "");
  assert.equal((await new Nomad(transport).system.collectGarbage()).value, undefined);
});

test("a refusal is told as Nomad's own client tells it", async () => {
  const { transport } = agent(404, "job not found\n");
  await assert.rejects(new Nomad(transport).jobs.get("x"), (error) => {
    assert.ok(error instanceof UnexpectedStatus);
    assert.equal(error.message, "Unexpected response code: 404 (job not found)");
    assert.deepEqual([error.status, error.text], [404, "job not found"]);
    return true;
  });
});

test("there is a function for every route", async () => {
  const { asked, transport } = agent(200, "{}");
  const { jobs, nodes, allocations, evaluations, search, status, system, operator, jobFiles, client, ...nomad } =
    new Nomad(transport);
  const job = { ID: "x" };
  const file = { path: "/f", offset: 0 };
  await jobs.list();
  await jobs.register(job);
  await jobs.plan(job);
  await jobs.deregister("x", { purge: true });
  await search("x");
  await nodes.list();
  await nodes.setEligibility("x", "eligible");
  await nodes.drain("x", { enable: true });
  for (const ask of [jobs.get, jobs.allocations, jobs.evaluations, jobs.summary, jobs.explain, jobs.evaluate])
    await ask("x");
  for (const ask of [jobs.forcePeriodic, nodes.get, nodes.allocations, nodes.evaluate, allocations.get]) await ask("x");
  for (const ask of [evaluations.get, evaluations.allocations, evaluations.explain]) await ask("x");
  for (const ask of [allocations.list, evaluations.list, status.leader, status.peers, status.regions]) await ask();
  for (const ask of [system.collectGarbage, system.reconcileSummaries, operator.raftConfiguration]) await ask();
  for (const ask of [operator.removePeer, operator.transferLeadership]) await ask({ id: "x" });
  await operator.schedulerConfiguration();
  await operator.setSchedulerConfiguration({});
  await operator.saveSnapshot();
  await operator.restoreSnapshot(piecesOf("file"));
  await jobFiles.parse({ JobHCL: "x" });
  await jobFiles.validate(job);
  for (const ask of [nomad.agent.self, nomad.agent.servers, nomad.agent.health, nomad.agent.gossipKeys]) await ask();
  await nomad.agent.openAPI();
  await nomad.agent.members();
  await nomad.agent.metrics();
  await nomad.agent.profile("x");
  for (const ask of [nomad.agent.addServers, nomad.agent.join]) await ask(["x"]);
  for (const ask of [nomad.agent.forceLeave, nomad.agent.installGossipKey, nomad.agent.useGossipKey]) await ask("x");
  await nomad.agent.removeGossipKey("x");
  for (const ask of [client.hostStats, client.collectAll]) await ask();
  for (const ask of [client.allocationStats, client.collect]) await ask("x");
  for (const ask of [client.listDirectory, client.statFile, client.readFile]) await ask("x", "/f");
  await client.readFileAt("x", file);
  await client.streamFile("x", file);
  await client.streamLogs("x", { task: "t", type: "stdout", follow: true });

  const reached = new Set(asked.map((each) => each.replace(/[? ].*$/, (rest) => rest.match(/^ [^? ]*/)?.[0] ?? "")));
  const routes: Record<string, { readonly verbs: readonly string[] | "any"; readonly path: string }> = {
    ...askingRoutes,
    ...localRoutes,
  };
  // To register a job has two paths, of which one is enough.
  const { updateJob: _, ...needed } = routes;
  const unreached = Object.values(needed)
    .map(({ verbs, path }) => `${verbs === "any" ? "GET" : verbs[0]} ${filled(path, oneForAll)}`)
    .filter((each) => !reached.has(each));
  assert.deepEqual(unreached, []);
});

const oneForAll = { JobID: "x", NodeID: "x", AllocID: "x", EvalID: "x", Profile: "x" };
