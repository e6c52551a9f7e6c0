import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, stoppedBy, turn } from "./harness.ts";

const unusual = { Priority: 71, JobID: "web", JobModifyIndex: 33 };

test("a blocked evaluation is for the job, with the priority and for the reason of the one it follows", () => {
  for (const Type of ["service", "batch"]) {
    const jobs = [aJob({ Type, TaskGroups: [group({ Count: 10 })] })];
    const evaluation = need({ ...unusual, Type, TriggeredBy: "periodic-job" });
    const { blocked } = turn(cluster({ nodes: [machine("n1")], jobs }), evaluation).outcome;
    assert.ok(blocked);
    assert.deepEqual(
      [blocked.Priority, blocked.Type, blocked.JobID, blocked.JobModifyIndex, blocked.Namespace, blocked.TriggeredBy],
      [71, Type, "web", 33, "default", "periodic-job"],
    );
    assert.notEqual(blocked.ID, evaluation.ID);
    assert.deepEqual([blocked.PreviousEval, blocked.Wait], [evaluation.ID, 0]);
  }
});

test("each reason for an evaluation is taken by the schedulers it is meant for, and by no other", () => {
  const everywhere = ["job-register", "node-update", "job-deregister", "rolling-update"];
  const counted = [...everywhere, "periodic-job", "max-plan-attempts"];
  for (const [Type, taken] of [
    ["service", counted],
    ["batch", counted],
    ["system", everywhere],
  ] as const) {
    for (const TriggeredBy of [...counted, "scheduled", ""]) {
      const { next } = turn(
        cluster({ nodes: [machine("n1")], jobs: [aJob({ Type })] }),
        need({ Type, TriggeredBy }),
        TriggeredBy,
      );
      assert.ok(next.kind === "finished");
      const { Status } = next.evaluation;
      assert.equal(Status, taken.includes(TriggeredBy) ? "complete" : "failed", `${Type}: "${TriggeredBy}"`);
    }
  }
});

test("an evaluation for a type of job that nobody schedules fails and changes nothing", () => {
  const { outcome, next } = turn(cluster({ nodes: [machine("n1")], jobs: [aJob()] }), need({ Type: "daemon" }));
  assert.ok(next.kind === "finished");
  assert.deepEqual(
    [next.evaluation.Status, next.evaluation.StatusDescription, placedBy(outcome)],
    ["failed", "unknown scheduler 'daemon'", []],
  );
});

test("a blocked evaluation that places a part goes on waiting as itself for the rest", () => {
  const jobs = [
    aJob({ TaskGroups: [group({ Count: 4 }), group({ Name: "far", Tasks: [{ ...oneTask, Driver: "x" }] })] }),
  ];
  const waiting = need({ Status: "blocked", TriggeredBy: "max-plan-attempts" });
  const { outcome, next } = turn(cluster({ nodes: [machine("n1")], jobs }), waiting);
  assert.equal(placedBy(outcome).length, 4);
  assert.ok(next.kind === "reblock");
  assert.deepEqual(
    [next.evaluation.ID, next.evaluation.Status, { ...next.evaluation.QueuedAllocations }],
    ["eval-1", "blocked", { grp: 0, far: 1 }],
  );
});

test("a job that asks for none of its groups waits for nothing", () => {
  const jobs = [aJob({ TaskGroups: [group({ Count: 0 })] })];
  const { outcome, next } = turn(cluster({ jobs }));
  assert.deepEqual([outcome.blocked, outcome.unplaced.size, next.kind], [undefined, 0, "finished"]);
});

test("without any node all that is wanted waits, and any class of node may help", () => {
  const { outcome } = turn(cluster({ jobs: [aJob({ TaskGroups: [group({ Count: 3 })] })] }));
  const metric = outcome.unplaced.get("grp");
  assert.deepEqual(
    [metric?.NodesEvaluated, metric?.CoalescedFailures, { ...metric?.NodesAvailable }],
    [0, 2, { dc1: 0 }],
  );
  assert.deepEqual([{ ...outcome.blocked?.ClassEligibility }, outcome.blocked?.EscapedComputedClass], [{}, false]);
});

test("a system or batch job that is gone is stopped by an evaluation for services, save what is done", () => {
  for (const Type of ["system", "batch"]) {
    const job = aJob({ Type });
    const done = { main: { State: "dead", Events: [{ Type: "Terminated", ExitCode: 0 }] } };
    const allocations = [
      anAllocation("a1", job, "n1"),
      anAllocation("a2", job, "n1", { ClientStatus: "complete", TaskStates: done }),
    ];
    const evaluation = need({ Type: "service", TriggeredBy: "job-deregister" });
    const { outcome } = turn(cluster({ nodes: [machine("n1")], allocations }), evaluation);
    assert.deepEqual(
      stoppedBy(outcome).map(({ ID, DesiredDescription }) => [ID, DesiredDescription]),
      [["a1", "alloc not needed due to job update"]],
    );
  }
});
