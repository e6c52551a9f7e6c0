import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran } from "../testing/console.ts";
import { evaluation, id, jobStub } from "../testing/samples.ts";

const agent = (EvalID = id("e1")): Replies => ({
  "GET /v1/jobs": { json: [jobStub("shop")] },
  "DELETE /v1/job/shop": { json: { EvalID } },
  [`GET /v1/evaluation/${id("e1")}`]: { json: evaluation("e1", { TriggeredBy: "job-deregister" }) },
  [`GET /v1/evaluation/${id("e1")}/allocations`]: { json: [] },
});

test("a job is stopped for good, and then it is told what becomes of it", async () => {
  const { code, out, asked } = await ran("stop shop", { agent: agent() });
  assert.equal(code, 0);
  assert.equal(
    out,
    `==> Monitoring evaluation "e1000000"
    Evaluation triggered by job "shop"
    Evaluation status changed: "pending" -> "complete"
==> Evaluation "e1000000" finished with status "complete"
`,
  );
  assert.match(asked[1]!.target, /\/v1\/job\/shop\?purge=true$/);
});

test("by its name of 1.x it keeps the job's record, unless -purge is given", async () => {
  const target = async (line: string) => (await ran(line, { agent: agent() })).asked[1]?.target.split("/").at(-1);
  assert.equal(await target("job stop shop"), "shop?purge=false");
  assert.equal(await target("job stop -purge shop"), "shop?purge=true");
  assert.equal(await target("stop -purge shop"), "shop?purge=true");
});

test("-detach tells the evaluation's ID and is done", async () => {
  const { code, out } = await ran("stop -detach shop", { agent: agent() });
  assert.deepEqual([code, out], [0, `${id("e1")}\n`]);
});

test("a periodic job is stopped in silence", async () => {
  const { code, out } = await ran("stop shop", { agent: agent("") });
  assert.deepEqual([code, out], [0, ""]);
});

test("a job that is not there is told", async () => {
  const { code, err } = await ran("stop nothing", { agent: { "GET /v1/jobs": { json: [] } } });
  assert.deepEqual([code, err], [1, 'No job(s) with prefix or id "nothing" found\n']);
  const unreachable = await ran("stop shop -yes");
  assert.match(unreachable.err, /^Usage: nomad stop /);
  assert.match((await ran("stop shop")).err, /^Error deregistering job: Unexpected response code: 404 /);
});
