import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran } from "../testing/console.ts";
import { evaluation, id, metric } from "../testing/samples.ts";

const agent = (more: object = {}): Replies => ({
  "GET /v1/evaluations": { json: [evaluation("e1", more)] },
  [`GET /v1/evaluation/${id("e1")}`]: { json: evaluation("e1", more) },
});

const head = `ID                 = e1000000
Status             = complete
Status Description = complete
Type               = service
TriggeredBy        = job-register
Job ID             = shop
Priority           = 50
Placement Failures = false
`;

test("an evaluation is shown with what caused it", async () => {
  assert.partialDeepStrictEqual(await ran(`eval-status ${id("e1")}`, { agent: agent() }), {
    code: 0,
    out: head,
    err: "",
  });
  const cause = async (more: object) => (await ran("eval-status e1", { agent: agent(more) })).out.split("\n")[5];
  const sixth = "         = ";
  assert.equal(await cause({ TriggeredBy: "rolling-update" }), `Job ID    ${sixth}shop`);
  assert.equal(await cause({ TriggeredBy: "node-update", NodeID: id("d0") }), `Node ID   ${sixth}d0000000`);
  assert.equal(
    await cause({ TriggeredBy: "max-plan-attempts", PreviousEval: id("e0") }),
    `Previous Eval${sixth.slice(3)}e0000000`,
  );
  assert.equal(await cause({ TriggeredBy: "scheduled" }), `<none>    ${sixth}<none>`);
});

test("-verbose shows whole IDs and the evaluations around", async () => {
  const { out } = await ran("eval-status -verbose e1", { agent: agent({ NextEval: id("e2") }) });
  assert.ok(out.startsWith(`ID                 = ${id("e1")}\n`));
  assert.ok(
    out.endsWith(`Previous Eval      = <none>\nNext Eval          = ${id("e2")}\nBlocked Eval       = <none>\n`),
  );
});

test("a blocked evaluation has not failed yet", async () => {
  const { out } = await ran("eval-status e1", { agent: agent({ Status: "blocked", StatusDescription: "waiting" }) });
  assert.match(out, /\nStatus Description = waiting\n/);
  assert.match(out, /\nPlacement Failures = N\/A - In Progress\n$/);
});

test("why something was not placed is told for each group", async () => {
  const FailedTGAllocs = {
    web: metric({ CoalescedFailures: 1, NodesExhausted: 1 }),
    app: metric({ NodesAvailable: { dc9: 0 } }),
  };
  const { out } = await ran("eval-status e1", { agent: agent({ FailedTGAllocs, BlockedEval: id("b1") }) });
  assert.equal(
    out,
    `${head.replace("= false", "= true")}
\x1b[1mFailed Placements\x1b[0m\x1b[0m
Task Group "app" (failed to place 1 allocation):
  * No nodes are available in datacenter "dc9"

Task Group "web" (failed to place 2 allocations):
  * Resources exhausted on 1 nodes

Evaluation "b1000000" waiting for additional capacity to place remainder
`,
  );
});

test("-json and -t show the data, of one or of all", async () => {
  const { out } = await ran("eval-status -json e1", { agent: agent() });
  assert.deepEqual(Object.keys(JSON.parse(out)).slice(0, 5), ["ID", "Priority", "Type", "TriggeredBy", "JobID"]);
  const list = await ran(["eval-status", "-t", "{{len .}}"], { agent: agent() });
  assert.deepEqual([list.code, list.out], [0, "1\n"]);
  const both = await ran("eval-status -json -t x e1", { agent: agent() });
  assert.deepEqual(
    [both.code, both.err],
    [1, "Error getting formatter: json format does not support template option.\n"],
  );
  const listed = await ran("eval-status -json -t x", { agent: agent() });
  assert.deepEqual([listed.code, listed.err], [1, "Both -json and -t are not allowed\n"]);
});

test("without an ID there must be a format", async () => {
  assert.match((await ran("eval-status")).err, /^Usage: nomad eval-status /);
});
