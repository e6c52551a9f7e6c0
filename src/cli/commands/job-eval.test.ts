import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran } from "../testing/console.ts";
import { evaluation, id, jobStub } from "../testing/samples.ts";

const agent = (path: string): Replies => ({
  "GET /v1/jobs": { json: [jobStub("shop")] },
  [`PUT /v1/job/shop/${path}`]: { json: { EvalID: id("e1") } },
  [`GET /v1/evaluation/${id("e1")}`]: { json: evaluation("e1") },
  [`GET /v1/evaluation/${id("e1")}/allocations`]: { json: [] },
});

const story = `==> Monitoring evaluation "e1000000"
    Evaluation triggered by job "shop"
    Evaluation status changed: "pending" -> "complete"
==> Evaluation "e1000000" finished with status "complete"
`;

test("job eval has a job looked at anew, and tells what becomes of it", async () => {
  const { code, out } = await ran("job eval sho", { agent: agent("evaluate") });
  assert.deepEqual([code, out], [0, story]);
  const detached = await ran("job eval -detach shop", { agent: agent("evaluate") });
  assert.deepEqual([detached.code, detached.out], [0, `Created eval ID: "${id("e1")}"\n`]);
});

test("job periodic force launches a periodic job, and tells what becomes of it", async () => {
  const { code, out } = await ran("job periodic force shop", { agent: agent("periodic/force") });
  assert.deepEqual([code, out], [0, story]);
  const detached = await ran("job periodic force -detach shop", { agent: agent("periodic/force") });
  assert.deepEqual([detached.code, detached.out], [0, `Force periodic successful\nEvaluation ID: ${id("e1")}\n`]);
});

test("a refusal is told", async () => {
  const refusing = { ...agent(""), "PUT /v1/job/shop/periodic/force": { status: 500, text: "not tracked" } };
  const { code, err } = await ran("job periodic force shop", { agent: refusing });
  assert.equal(code, 1);
  assert.equal(err, 'Error forcing periodic job "shop": Unexpected response code: 500 (not tracked)\n');
  const none = { "GET /v1/jobs": { json: [] } };
  assert.equal((await ran("job eval shop", { agent: none })).err, 'No job(s) with prefix or id "shop" found\n');
  assert.match((await ran("job eval")).err, /^Usage: nomad job eval /);
});
