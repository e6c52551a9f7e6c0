import assert from "node:assert";
import { test } from "node:test";
import { aJob, cluster, group, machine, need, oneTask, placedBy, turn } from "../harness.ts";

const unmet = (LTarget: string) => ({ LTarget, Operand: "=", RTarget: "never" });

test("one constraint on what is unique, of the job, any group or any task, and classes say nothing", () => {
  const big = { ...oneTask, Resources: { CPU: 9000, MemoryMB: 10 } };
  const waiting = group({ Tasks: [big] });
  for (const LTarget of ["${node.unique.id}", "${attr.unique.hostname}", "${meta.unique.owner}"]) {
    const Constraints = [{ LTarget, Operand: "!=", RTarget: "x" }];
    const jobs = [
      aJob({ Constraints, TaskGroups: [waiting] }),
      aJob({ TaskGroups: [waiting, group({ Name: "other", Constraints })] }),
      aJob({ TaskGroups: [waiting, group({ Name: "other", Tasks: [{ ...oneTask, Constraints }] })] }),
      aJob({
        TaskGroups: [
          group({ Tasks: [{ ...big, Constraints: [{ ...Constraints[0], LTarget: "x", RTarget: LTarget }] }] }),
        ],
      }),
    ];
    for (const job of jobs) {
      const { blocked } = turn(cluster({ nodes: [machine("n1")], jobs: [job] })).outcome;
      assert.deepEqual([blocked?.EscapedComputedClass, { ...blocked?.ClassEligibility }], [true, {}]);
    }
  }
});

test("each node is looked at by itself where a constraint is on what is unique to it", () => {
  const Constraints = [{ LTarget: "${attr.unique.rack}", Operand: "=", RTarget: "7" }];
  const nodes = [5, 6, 7].map((rack) =>
    machine(`n${rack}`, { Attributes: { "driver.exec": "1", "unique.rack": `${rack}` } }),
  );
  for (const seed of ["a", "b", "c"]) {
    const { outcome } = turn(cluster({ nodes, jobs: [aJob({ TaskGroups: [group({ Constraints })] })] }), need(), seed);
    assert.deepEqual(
      placedBy(outcome).map(({ NodeID }) => NodeID),
      ["n7"],
    );
  }
});

test("a class that the job refuses, or all waiting groups do, cannot help; one without room can", () => {
  const classes = {
    refused: { Attributes: { "driver.exec": "1" } },
    driverless: { Attributes: { arch: "arm" } },
    full: { Attributes: { arch: "arm", "driver.exec": "1" } },
  };
  const nodes = Object.entries(classes).map(([ComputedClass, fields]) =>
    machine(ComputedClass, { ComputedClass, Resources: { CPU: 100, MemoryMB: 100 }, ...fields }),
  );
  const jobs = [aJob({ Constraints: [{ LTarget: "${attr.arch}", Operand: "=", RTarget: "arm" }] })];
  const { blocked } = turn(cluster({ nodes, jobs })).outcome;
  assert.deepEqual({ ...blocked?.ClassEligibility }, { refused: false, driverless: false, full: true });
});

test("a group that was placed whole wakes nobody for a class that only it can use", () => {
  const only = (name: string) => ({ Constraints: [{ LTarget: "${attr.kind}", Operand: "=", RTarget: name }] });
  const kindOf = (kind: string) => ({ ComputedClass: kind, Attributes: { "driver.exec": "1", kind } });
  const jobs = [
    aJob({ TaskGroups: [group({ Name: "a", ...only("a") }), group({ Name: "b", Count: 12, ...only("b") })] }),
  ];
  const nodes = [machine("n1", kindOf("a")), machine("n2", kindOf("b"))];
  const { blocked } = turn(cluster({ nodes, jobs })).outcome;
  assert.deepEqual({ ...blocked?.ClassEligibility }, { a: false, b: true });
});

test("verdicts are of one attempt: a class is looked at anew when its nodes have changed", () => {
  const jobs = [aJob({ Constraints: [unmet("${attr.kind}")] })];
  const waiting = turn(cluster({ nodes: [machine("n1")], jobs }));
  assert.deepEqual({ ...waiting.outcome.blocked?.ClassEligibility }, { "class-a": false });
  const changed = waiting.view.assuming((write) =>
    write.put("nodes", machine("n1", { Attributes: { "driver.exec": "1", kind: "never" } })),
  );
  const again = turn(changed, need({ Status: "blocked", ClassEligibility: { "class-a": false } }), "again");
  assert.equal(placedBy(again.outcome).length, 1);
});
