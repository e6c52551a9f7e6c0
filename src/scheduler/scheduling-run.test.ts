import assert from "node:assert";
import { test } from "node:test";
import { dictionary } from "../base/index.ts";
import type { PlanResult } from "../model/index.ts";
import { aJob, anAllocation, cluster, fullResult, group, machine, need, oneTask, placedBy, seeded } from "./harness.ts";
import type { SchedulingOutcome } from "./outcome.ts";
import { schedule } from "./schedule.ts";
import { attempted, beginRun, MissingStateRefresh, type SchedulingRun, settled } from "./scheduling-run.ts";

const refused: PlanResult = { NodeUpdate: dictionary(), NodeAllocation: dictionary(), RefreshIndex: 77, AllocIndex: 0 };

function outcomeFor(job: object = {}, evaluation: object = {}): SchedulingOutcome {
  const nodes = [machine("n1"), machine("n2")];
  return schedule(cluster({ nodes, jobs: [aJob(job)] }), need(evaluation), seeded());
}

function settle(
  outcome: SchedulingOutcome,
  result: PlanResult | undefined,
  run: SchedulingRun = beginRun(),
  evaluation = need(),
) {
  return settled({ evaluation, run, outcome, result, context: seeded("settle") });
}

test("a plan that is committed whole finishes the evaluation", () => {
  const outcome = outcomeFor();
  const next = settle(outcome, fullResult(outcome.plan));
  assert.ok(next.kind === "finished");
  assert.deepEqual([next.evaluation.Status, next.evaluation.StatusDescription, next.create], ["complete", "", []]);
  assert.equal(next.evaluation.SnapshotIndex, outcome.viewIndex);
});

test("a plan with nothing in it is not submitted, unless somebody wants to read it", () => {
  const idle = { TaskGroups: [group({ Count: 0 })] };
  assert.equal(attempted(beginRun(), outcomeFor(idle)).plan, undefined);
  assert.ok(attempted(beginRun(), outcomeFor(idle, { AnnotatePlan: true })).plan);
  assert.ok(attempted(beginRun(), outcomeFor()).plan);
});

test("what is refused is tried again from a newer view", () => {
  const outcome = outcomeFor();
  const next = settle(outcome, refused);
  assert.ok(next.kind === "again");
  assert.deepEqual([next.refreshIndex, next.run.fruitless], [77, 1]);
});

test("a part that is committed counts as progress, and is not queued any more", () => {
  const outcome = outcomeFor({ TaskGroups: [group({ Count: 4 })] });
  const NodeAllocation = dictionary(Object.entries(outcome.plan.NodeAllocation).slice(0, 1));
  const part = { ...refused, NodeAllocation };
  const next = settle(outcome, part, { ...beginRun(), fruitless: 4 });
  assert.ok(next.kind === "again");
  assert.equal(next.run.fruitless, 0);
});

test("a refresh is looked at even if everything was committed", () => {
  const outcome = outcomeFor();
  assert.equal(settle(outcome, { ...fullResult(outcome.plan), RefreshIndex: 9 }).kind, "again");
});

test("a refusal that names no index to refresh from is an error", () => {
  assert.throws(() => settle(outcomeFor(), { ...refused, RefreshIndex: 0 }), MissingStateRefresh);
});

test("after so many fruitless attempts the evaluation fails, and what is left waits as a blocked one", () => {
  for (const [Type, limit] of [
    ["service", 5],
    ["batch", 2],
  ] as const) {
    const outcome = outcomeFor({ Type }, { Type });
    let run = beginRun();
    for (let attempt = 1; attempt < limit; attempt++) {
      const next = settle(outcome, refused, run, need({ Type }));
      assert.ok(next.kind === "again");
      run = next.run;
    }
    const last = settle(outcome, refused, run, need({ Type }));
    assert.ok(last.kind === "finished");
    assert.deepEqual(
      [last.evaluation.Status, last.evaluation.StatusDescription],
      ["failed", `maximum attempts reached (${limit})`],
    );
    assert.deepEqual({ ...last.evaluation.QueuedAllocations }, { grp: 1 });
    const [retry] = last.create;
    assert.ok(retry);
    assert.deepEqual(
      [retry.Status, retry.TriggeredBy, retry.StatusDescription, retry.PreviousEval],
      ["blocked", "max-plan-attempts", "created due to placement conflicts", "eval-1"],
    );
    assert.equal(last.evaluation.BlockedEval, retry.ID);
  }
});

test("a system job that gives up leaves nothing behind", () => {
  const outcome = outcomeFor({ Type: "system" }, { Type: "system" });
  const last = settle(outcome, refused, { ...beginRun(), fruitless: 4 }, need({ Type: "system" }));
  assert.ok(last.kind === "finished");
  assert.deepEqual(
    [last.evaluation.StatusDescription, last.create, last.evaluation.BlockedEval],
    ["maximum attempts reached (5)", [], ""],
  );
});

test("a run creates one blocked and one rolling evaluation, however often it tries", () => {
  const blocking = outcomeFor({ TaskGroups: [group({ Count: 40 })] });
  const first = attempted(beginRun(), blocking);
  assert.deepEqual(
    first.create.map(({ ID }) => ID),
    [blocking.blocked?.ID],
  );
  const second = attempted(first.run, outcomeFor({ TaskGroups: [group({ Count: 41 })] }));
  assert.deepEqual(second.create, []);
  const next = settle(blocking, { ...refused, RefreshIndex: 5 }, { ...second.run, fruitless: 4 });
  assert.ok(next.kind === "finished");
  assert.deepEqual([next.create, next.evaluation.BlockedEval], [[], blocking.blocked?.ID]);
});

test("the blocked evaluation is created before the rolling one", () => {
  const job = aJob({
    JobModifyIndex: 11,
    TaskGroups: [group({ Count: 40, Tasks: [{ ...oneTask, User: "nobody" }] })],
    Update: { Stagger: 1, MaxParallel: 1 },
  });
  const allocations = [0, 1].map((at) => anAllocation(`a${at}`, aJob(), "n1", { Name: `web.grp[${at}]` }));
  const outcome = schedule(cluster({ nodes: [machine("n1")], jobs: [job], allocations }), need(), seeded());
  const { create, run } = attempted(beginRun(), outcome);
  assert.deepEqual(
    create.map(({ ID }) => ID),
    [outcome.blocked?.ID, outcome.rolling?.ID],
  );
  const next = settle(outcome, fullResult(outcome.plan), run);
  assert.ok(next.kind === "finished");
  assert.deepEqual(
    [next.evaluation.BlockedEval, next.evaluation.NextEval],
    create.map(({ ID }) => ID),
  );
});

test("an update in place takes nothing off the queue", () => {
  const job = aJob({ JobModifyIndex: 11, TaskGroups: [group({ Count: 2 })] });
  const view = cluster({ nodes: [machine("n1")], jobs: [job], allocations: [anAllocation("a0", aJob(), "n1")] });
  const outcome = schedule(view, need(), seeded());
  assert.equal(placedBy(outcome).length, 2);
  const next = settle(outcome, fullResult(outcome.plan));
  assert.ok(next.kind === "finished");
  assert.deepEqual({ ...next.evaluation.QueuedAllocations }, { grp: 0 });
});
