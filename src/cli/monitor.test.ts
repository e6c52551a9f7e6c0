import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import { type Pretended, ran } from "./testing/console.ts";
import { allocation, evaluation, id, metric } from "./testing/samples.ts";

const line = `eval-status -monitor ${id("e1")}`;

/** An agent whose evaluation and allocations are, from one look to the next, as the steps say; the last one stays. */
function agent(...steps: { evaluation: object; allocations?: object[]; index?: number }[]): Pretended {
  let look = 0;
  const step = () => steps[Math.min(look, steps.length - 1)]!;
  return {
    agent: {
      "GET /v1/evaluations": { json: [evaluation("e1")] },
      [`GET /v1/evaluation/${id("e1")}`]: () => ({
        json: evaluation("e1", step().evaluation),
        index: step().index ?? look + 1,
      }),
      [`GET /v1/evaluation/${id("e1")}/allocations`]: () => ({
        json: steps[Math.min(look++, steps.length - 1)]!.allocations ?? [],
      }),
    },
  };
}

test("an evaluation is told from its cause to its end", async () => {
  const pretended = agent({ evaluation: {}, allocations: [allocation("a1"), allocation("a2", { CreateIndex: 3 })] });
  const { code, out } = await ran(line, pretended);
  assert.equal(
    out,
    `==> Monitoring evaluation "e1000000"
    Evaluation triggered by job "shop"
    Allocation "a1000000" created: node "d0000000", group "front"
    Allocation "a2000000" modified: node "d0000000", group "front"
    Evaluation status changed: "pending" -> "complete"
==> Evaluation "e1000000" finished with status "complete"
`,
  );
  assert.equal(code, 0);
});

test("only what changed is told, with the client's reason", async () => {
  const pending = { Status: "pending", NodeID: id("d0"), JobID: "" };
  const { out } = await ran(
    line,
    agent(
      { evaluation: pending, allocations: [allocation("a1", { ClientStatus: "pending" })] },
      { evaluation: pending, allocations: [allocation("a1", { ClientStatus: "pending" })] },
      {
        evaluation: { ...pending, Status: "failed" },
        allocations: [allocation("a1", { ClientStatus: "failed", ClientDescription: "no space" })],
      },
    ),
  );
  assert.equal(
    out,
    `==> Monitoring evaluation "e1000000"
    Evaluation triggered by node "d0000000"
    Allocation "a1000000" created: node "d0000000", group "front"
    Allocation "a1000000" status changed: "pending" -> "failed" (no space)
    Evaluation status changed: "pending" -> "failed"
==> Evaluation "e1000000" finished with status "failed"
`,
  );
});

test("an allocation that is not to run is no news", async () => {
  const { out } = await ran(
    line,
    agent({ evaluation: {}, allocations: [allocation("a1", { DesiredStatus: "stop" })] }),
  );
  assert.doesNotMatch(out, /Allocation/);
});

test("the agent is asked for what is newer, and not again at once when there was nothing", async () => {
  const pending = { Status: "pending" };
  const { asked, slept } = await ran(
    line,
    agent({ evaluation: pending, index: 5 }, { evaluation: pending, index: 5 }, { evaluation: {}, index: 6 }),
  );
  const looks = asked.map(({ target }) => target).filter((target) => /evaluation\/[^/]*$/.test(target));
  const path = `http://127.0.0.1:4646/v1/evaluation/${id("e1")}`;
  assert.deepEqual(looks, [path, `${path}?index=5&wait=1s`, `${path}?index=5&wait=1s`]);
  assert.deepEqual(slept, [seconds(1)]);
});

test("what could not be placed is told, and gives exit code 2", async () => {
  const failed = {
    FailedTGAllocs: {
      front: metric({ CoalescedFailures: 1, NodesExhausted: 1, DimensionExhausted: { "memory exhausted": 1 } }),
    },
    BlockedEval: id("b1"),
  };
  const { code, out } = await ran(`eval-status -monitor -verbose ${id("e1")}`, agent({ evaluation: failed }));
  assert.equal(code, 2);
  assert.ok(
    out.endsWith(`==> Evaluation "${id("e1")}" finished with status "complete" but failed to place all allocations:
    Task Group "front" (failed to place 2 allocations):
      * Resources exhausted on 1 nodes
      * Dimension "memory exhausted" exhausted on 1 nodes
    Evaluation "${id("b1")}" waiting for additional capacity to place remainder
`),
  );
});

test("the evaluations that follow are told too, and the last one gives the exit code", async () => {
  const { code, out, slept } = await ran(line, {
    agent: {
      "GET /v1/evaluations": { json: [evaluation("e1")] },
      [`GET /v1/evaluation/${id("e1")}`]: {
        json: evaluation("e1", { Wait: 3e9, NextEval: id("e2"), FailedTGAllocs: { front: metric() } }),
      },
      [`GET /v1/evaluation/${id("e2")}`]: { json: evaluation("e2", { TriggeredBy: "rolling-update" }) },
      [`GET /v1/evaluation/${id("e1")}/allocations`]: { json: [] },
      [`GET /v1/evaluation/${id("e2")}/allocations`]: { json: [allocation("a1")] },
    },
  });
  assert.equal(code, 0);
  assert.deepEqual(slept, [seconds(3)]);
  assert.match(out, /==> Monitoring next evaluation "e2000000" in 3s\n==> Monitoring evaluation "e2000000"\n/);
  assert.match(out, /Allocation "a1000000" created/);
});

test("an evaluation that is not there, or several, is told", async () => {
  const none = await ran("eval-status -monitor ab", { agent: { "GET /v1/evaluations": { json: [] } } });
  assert.deepEqual([none.code, none.err], [1, '==> No evaluation(s) with prefix or id "ab" found\n']);
  const several = { "GET /v1/evaluations": { json: [evaluation("ab1"), evaluation("ab2")] } };
  const { code, out } = await ran("eval-status -monitor ab", { agent: several });
  assert.equal(code, 0);
  assert.match(out, /^Prefix matched multiple evaluations\n\nID {8}Priority {2}/);
});

test("an agent that goes away ends the telling with an error", async () => {
  const agentWithout = {
    "GET /v1/evaluations": { json: [evaluation("e1")] },
    [`GET /v1/evaluation/${id("e1")}`]: { status: 404, text: "eval not found" },
  };
  const gone = await ran(line, { agent: agentWithout });
  assert.deepEqual([gone.code, gone.err], [1, `==> No evaluation with id "${id("e1")}" found\n`]);
});
