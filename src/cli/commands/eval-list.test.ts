import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";
import { allocation, evaluation, id, jobStub } from "../testing/samples.ts";

const evaluations = [
  evaluation("e1", { CreateIndex: 7 }),
  evaluation("e2", { CreateIndex: 9, JobID: "cache", Status: "blocked" }),
];
const agent = { "GET /v1/evaluations": { json: evaluations } };

test("evaluations are listed, the newest first", async () => {
  const { code, out } = await ran("eval list", { agent });
  assert.equal(code, 0);
  assert.equal(
    out,
    `ID        Priority  Triggered By  Job ID  Status    Placement Failures
e2000000  50        job-register  cache   blocked   N/A - In Progress
e1000000  50        job-register  shop    complete  false
`,
  );
});

test("they can be those of one job or of one status, whole or as data", async () => {
  assert.match((await ran("eval list -job=shop -verbose", { agent })).out, new RegExp(`^ID .*\\n${id("e1")} .*\\n$`));
  assert.equal(
    (await ran(["eval", "list", "-status=blocked", "-t", "{{range .}}{{.JobID}}{{end}}"], { agent })).out,
    "cache\n",
  );
  assert.equal(JSON.parse((await ran("eval list -json", { agent })).out).length, 2);
  assert.equal((await ran("eval list -job=none", { agent })).out, "No evals found\n");
  assert.equal((await ran("eval list -json -t x", { agent })).code, 1);
});

test("the allocations of a job are listed by themselves", async () => {
  const of = {
    "GET /v1/jobs": { json: [jobStub("shop")] },
    "GET /v1/job/shop/allocations": { json: [allocation("a1"), allocation("a2", { CreateIndex: 20 })] },
  };
  const { code, out } = await ran("job allocs sho", { agent: of });
  assert.equal(code, 0);
  assert.match(out, /^ID {8}Eval ID .*\na2000000 .*\na1000000 .* 11\/22\/26 10:19:36 UTC\n$/);
  assert.equal((await ran(["job", "allocs", "-t", "{{len .}}", "shop"], { agent: of })).out, "2\n");
  const none = { ...of, "GET /v1/job/shop/allocations": { json: [] } };
  assert.equal((await ran("job allocs shop", { agent: none })).out, "No allocations placed\n");
});
