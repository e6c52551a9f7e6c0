import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, cluster, group, machine, need, placedBy, stoppedBy, turn } from "./harness.ts";

const before = aJob({ ID: "Web", Name: "web" });

test("a job that is registered in another spelling is the same job: what it runs stays", () => {
  const view = cluster({ nodes: [machine("n1")], jobs: [aJob()], allocations: [anAllocation("a1", before, "n1")] });
  const { outcome } = turn(view, need({ JobID: "WEB" }));
  assert.deepEqual([stoppedBy(outcome), placedBy(outcome)], [[], []]);
});

test("what runs under the older spelling keeps siblings off its host", () => {
  const Constraints = [{ Operand: "distinct_hosts" }];
  for (const fields of [{ Constraints }, { TaskGroups: [group({ Count: 2, Constraints })] }]) {
    const jobs = [aJob({ TaskGroups: [group({ Count: 2 })], ...fields })];
    const view = cluster({ nodes: [machine("n1")], jobs, allocations: [anAllocation("a1", before, "n1")] });
    const { outcome } = turn(view);
    assert.deepEqual(placedBy(outcome), []);
    assert.deepEqual({ ...outcome.unplaced.get("grp")?.ConstraintFiltered }, { distinct_hosts: 1 });
  }
});

test("what runs under the older spelling takes points off its host", () => {
  const jobs = [aJob({ TaskGroups: [group({ Count: 2 })] })];
  const nodes = [machine("n1"), machine("n2")];
  const { outcome } = turn(cluster({ nodes, jobs, allocations: [anAllocation("a1", before, "n1")] }));
  assert.equal(placedBy(outcome)[0]?.Metrics?.Scores["n1.job-anti-affinity"], -10);
});
