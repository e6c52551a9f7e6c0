import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran } from "../testing/console.ts";
import { allocation, evaluation, id, job, jobStub, metric, node } from "../testing/samples.ts";

const counts = { Queued: 0, Starting: 0, Running: 1, Failed: 0, Complete: 0, Lost: 0 };

function agent(more: Replies = {}, jobMore: object = {}): Replies {
  return {
    "GET /v1/jobs": { json: [jobStub("shop")] },
    "GET /v1/job/shop": { json: job("shop", jobMore) },
    "GET /v1/job/shop/summary": { json: { JobID: "shop", Summary: { front: counts } } },
    "GET /v1/job/shop/evaluations": { json: [evaluation("e1")] },
    "GET /v1/job/shop/allocations": { json: [allocation("a1"), allocation("a2", { CreateIndex: 12 })] },
    ...more,
  };
}

const head = `ID          = shop
Name        = shop
Type        = service
Priority    = 50
Datacenters = dc1
Status      = running
Periodic    = false
`;

const summary = `
\x1b[1mSummary\x1b[0m\x1b[0m
Task Group  Queued  Starting  Running  Failed  Complete  Lost
front       0       0         1        0       0         0
`;

const allocations = `
\x1b[1mAllocations\x1b[0m\x1b[0m
ID        Eval ID   Node ID   Task Group  Desired  Status   Created At
a2000000  e0000000  d0000000  front       run      running  11/22/26 10:19:36 UTC
a1000000  e0000000  d0000000  front       run      running  11/22/26 10:19:36 UTC
`;

test("jobs are listed by their ID", async () => {
  const json = [jobStub("web"), jobStub("cache", { Type: "batch", Status: "dead" })];
  const { code, out } = await ran("status", { agent: { "GET /v1/jobs": { json } } });
  assert.equal(code, 0);
  assert.equal(
    out,
    "ID     Type     Priority  Status\ncache  batch    50        dead\nweb    service  50        running\n",
  );
});

test("a cluster without jobs says so, also when it answers null", async () => {
  for (const json of [[], null]) {
    assert.partialDeepStrictEqual(await ran("status", { agent: { "GET /v1/jobs": { json } } }), {
      code: 0,
      out: "No running jobs\n",
    });
  }
});

test("a job is shown with its groups and its newest allocations first", async () => {
  assert.partialDeepStrictEqual(await ran("status shop", { agent: agent() }), {
    code: 0,
    out: head + summary + allocations,
    err: "",
  });
});

test("-short shows the head alone, -evals the evaluations too", async () => {
  assert.equal((await ran("status -short shop", { agent: agent() })).out, head);
  const { out } = await ran("status -evals -no-color shop", { agent: agent() });
  assert.match(
    out,
    /\n\nEvaluations\nID {8}Priority {2}Triggered By {2}Status {4}Placement Failures\ne1000000 {2}50 {8}job-register {2}complete {2}false\n\nAllocations\n/,
  );
});

test("-verbose shows whole IDs", async () => {
  const { out } = await ran("status -verbose shop", { agent: agent() });
  for (const whole of [id("a1"), id("e1"), id("d0")]) assert.ok(out.includes(whole), whole);
});

test("without allocations that is said", async () => {
  const { out } = await ran("status shop", { agent: agent({ "GET /v1/job/shop/allocations": { json: null } }) });
  assert.ok(out.endsWith("\x1b[1mAllocations\x1b[0m\x1b[0m\nNo allocations placed\n"));
});

test("why something could not be placed is shown as long as an evaluation waits for room", async () => {
  const FailedTGAllocs = { front: metric({ NodesExhausted: 1, DimensionExhausted: { "cpu exhausted": 1 } }) };
  const failed = evaluation("e1", { FailedTGAllocs });
  const shown = async (...json: object[]) =>
    (await ran("status -no-color shop", { agent: agent({ "GET /v1/job/shop/evaluations": { json } }) })).out;
  assert.match(
    await shown(failed, evaluation("e2", { Status: "blocked", CreateIndex: 9 })),
    /\nPlacement Failure\nTask Group "front":\n {2}\* Resources exhausted on 1 nodes\n {2}\* Dimension "cpu exhausted" exhausted on 1 nodes\n\nAllocations\n/,
  );
  assert.doesNotMatch(await shown(failed), /Placement Failure/);
});

test("of many groups that could not be placed five are shown, and where to see the others", async () => {
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  const FailedTGAllocs = Object.fromEntries(names.map((name) => [name, metric({ NodesExhausted: 1 })]));
  const json = [evaluation("e1", { FailedTGAllocs }), evaluation("e2", { Status: "blocked" })];
  const { out } = await ran("status shop", { agent: agent({ "GET /v1/job/shop/evaluations": { json } }) });
  assert.equal(out.match(/^Task Group ".":$/gm)?.length, 5);
  assert.ok(out.includes(`\n\nPlacement failures truncated. To see remainder run:\nnomad eval-status ${id("e1")}\n`));
});

test("a periodic job shows its next launch and what it launched", async () => {
  const Periodic = { Enabled: true, Spec: "0 0 1 1 * *", SpecType: "cron", ProhibitOverlap: false, TimeZone: "" };
  const children = (json: object[]) => ({
    "GET /v1/jobs?prefix=shop": { json: [jobStub("shop")] },
    "GET /v1/jobs?prefix=shop%2Fperiodic-": { json },
  });
  const none = await ran("status shop", { agent: agent(children([]), { Periodic }), now: 1_795_342_798.5 });
  assert.ok(none.out.endsWith("= 01/01/27 00:00:00 UTC (949h40m2s from now)\n\nNo instances of periodic job found\n"));
  assert.match(none.out, /\nPeriodic {13}= true\nNext Periodic Launch = /);
  const ID = "shop/periodic-1795342800";
  const stubs = [jobStub(ID, { ParentID: "shop", Status: "dead" }), jobStub("shop/periodic-x", { ParentID: "other" })];
  const some = await ran("status shop", { agent: agent(children(stubs), { Periodic }) });
  assert.ok(some.out.endsWith(`\n\nPreviously launched jobs:\nID                        Status\n${ID}  dead\n`));
});

test("a job is found by the beginning of its ID, and by the whole of it among others", async () => {
  const stubs = [jobStub("shop"), jobStub("shop-2")];
  const several = { ...agent(), "GET /v1/jobs": { json: stubs } };
  assert.equal((await ran("status sho", { agent: agent() })).out, head + summary + allocations);
  assert.equal((await ran("status -short shop", { agent: several })).out, head);
  const { code, out } = await ran("status sh", { agent: several });
  assert.equal(code, 0);
  assert.match(out, /^Prefix matched multiple jobs\n\nID {6}Type {5}Priority {2}Status\nshop {4}service/);
});

test("a job that is not there is told", async () => {
  const { code, err } = await ran("status nothing", { agent: { "GET /v1/jobs": { json: [] } } });
  assert.deepEqual([code, err], [1, 'No job(s) with prefix or id "nothing" found\n']);
});

const nothing = { "GET /v1/jobs": { json: [] } };
const search = (Matches: object) => ({ "PUT /v1/search": { json: { Matches, Truncations: {} } } });

test("whatever has an ID is shown by the beginning of it, if no job is called so", async () => {
  const one = allocation("abcd", { Metrics: metric() });
  const found = {
    ...nothing,
    ...search({ allocs: [one.ID], evals: [], nodes: [] }),
    "GET /v1/allocations": { json: [one] },
    [`GET /v1/allocation/${one.ID}`]: { json: one },
  };
  const { code, out, asked } = await ran("status -short abcd", { agent: found });
  assert.equal(code, 0);
  assert.match(out, /^ID {12}= abcd0000\n/);
  assert.deepEqual(JSON.parse(asked[1]?.body ?? ""), { Prefix: "abcd", Context: "all" });
  assert.equal((await ran(["status", "-t", "{{.Name}}", "abcd"], { agent: found })).out, "shop.front[0]\n");

  const cause = evaluation("abcd");
  const evaluations = { ...nothing, ...search({ evals: [cause.ID] }), "GET /v1/evaluations": { json: [cause] } };
  const shown = await ran("status -region=eu -evals abcd", {
    agent: { ...evaluations, [`GET /v1/evaluation/${cause.ID}`]: { json: cause } },
  });
  assert.match(shown.out, /^ID {17}= abcd0000\n/);
  assert.ok(shown.asked.every(({ target }) => target.includes("region=eu")));

  const machine = node("abcd");
  const nodes = { ...nothing, ...search({ nodes: [machine.ID] }), "GET /v1/nodes": { json: [machine] } };
  const agents = { "http://10.0.0.5:4646": {} };
  const told = await ran("status -short abcd", {
    agent: {
      ...nodes,
      [`GET /v1/node/${machine.ID}`]: { json: machine },
      [`GET /v1/node/${machine.ID}/allocations`]: { json: [] },
    },
    agents,
  });
  assert.match(told.out, /^\n?ID {5}= abcd0000\n/);
});

test("where things of several kinds begin so they are listed", async () => {
  const found = { ...nothing, ...search({ allocs: [id("abcd1")], nodes: [id("abcd2")] }) };
  const { code, out } = await ran("status abcd", { agent: found });
  assert.equal(code, 0);
  assert.equal(
    out,
    `Prefix matched several things\n\nID                                    Type\n${id("abcd1")}  allocation\n${id("abcd2")}  node\n`,
  );
});

test("where nothing begins so it is told as ever, also by an agent that cannot search", async () => {
  const told = 'No job(s) with prefix or id "abcd" found\n';
  assert.equal((await ran("status abcd", { agent: { ...nothing, ...search({}) } })).err, told);
  assert.equal((await ran("status abcd", { agent: nothing })).err, told);
  const { err, asked } = await ran("job status abcd", { agent: { ...nothing, ...search({ nodes: [id("abcd")] }) } });
  assert.deepEqual([err, asked.length], [told, 1]);
  const refused = { ...nothing, "PUT /v1/search": { status: 500, text: "No cluster leader" } };
  assert.match((await ran("status abcd", { agent: refused })).err, /^Error searching: .*No cluster leader/);
});

test("jobs are shown as data, the list or one", async () => {
  const jobs = { "GET /v1/jobs": { json: [jobStub("shop")] }, "GET /v1/job/shop": { json: job("shop") } };
  assert.equal((await ran(["job", "status", "-t", "{{range .}}{{.ID}}{{end}}"], { agent: jobs })).out, "shop\n");
  assert.equal(JSON.parse((await ran("status -json shop", { agent: jobs })).out).ID, "shop");
  assert.equal((await ran("status -json -t x", { agent: jobs })).err, "Both -json and -t are not allowed\n");
});
