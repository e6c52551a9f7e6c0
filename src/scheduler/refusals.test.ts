import assert from "node:assert";
import { test } from "node:test";
import { type Evaluation, evaluation } from "../model/index.ts";
import { encodeCommand, evaluationsUpdate } from "../state/index.ts";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, turn } from "./harness.ts";

const windows = { LTarget: "${attr.kernel.name}", Operand: "=", RTarget: "windows" };

/** Who refused the one group, without the fields that say nothing. */
function refusals(rows: Parameters<typeof cluster>[0], Type = "service"): readonly object[] {
  const { outcome } = turn(cluster(rows), need({ Type }));
  return (outcome.unplaced.get("grp")?.Refusals ?? []).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== "" && value !== 0)),
  );
}

test("each constraint counts all nodes it refused, by their classes, though one of a kind was looked at", () => {
  const nodes = [
    ...["n1", "n2", "n3"].map((id) => machine(id, { NodeClass: "small" })),
    machine("n4", { NodeClass: "large", ComputedClass: "class-b" }),
  ];
  const found = refusals({ nodes, jobs: [aJob({ TaskGroups: [group({ Constraints: [windows] })] })] });
  assert.deepEqual(
    found.map(({ NodeID, ...row }: { NodeID?: string }) => row),
    [
      { NodeClass: "small", Nodes: 3, Constraint: "${attr.kernel.name} = windows" },
      { NodeClass: "large", Nodes: 1, Constraint: "${attr.kernel.name} = windows" },
    ],
  );
});

test("of what ran out the node with the most left is named, and how much that is", () => {
  const other = aJob({ ID: "other" });
  const holding = (node: string, at: number) => anAllocation(`${node}-${at}`, other, node, { Name: `o[${at}]` });
  const allocations = [holding("n1", 0), holding("n1", 1), holding("n2", 2)];
  const hungry = { ...oneTask, Resources: { CPU: 850, MemoryMB: 100, DiskMB: 10 } };
  const found = refusals({
    nodes: [machine("n1"), machine("n2"), machine("n3", { NodeClass: "old", Resources: { CPU: 200, MemoryMB: 1000 } })],
    jobs: [aJob({ TaskGroups: [group({ Tasks: [hungry] })] }), other],
    allocations,
  });
  assert.deepEqual(found, [
    { Nodes: 2, Dimension: "cpu exhausted", Needed: 850, Free: 800, NodeID: "n2" },
    { NodeClass: "old", Nodes: 1, Dimension: "cpu exhausted", Needed: 850, Free: 100, NodeID: "n3" },
  ]);
});

test("a system job has the refusals of all nodes, though each was searched alone", () => {
  const nodes = [machine("n1"), machine("n2"), machine("n3", { Attributes: {}, ComputedClass: "class-b" })];
  const hungry = { ...oneTask, Resources: { CPU: 2000, MemoryMB: 100, DiskMB: 10 } };
  const jobs = [aJob({ Type: "system", TaskGroups: [group({ Tasks: [hungry] })] })];
  assert.deepEqual(
    refusals({ nodes, jobs }, "system").map((row) => ({ ...row, NodeID: undefined })),
    [
      { Nodes: 2, Dimension: "cpu exhausted", Needed: 2000, Free: 900, NodeID: undefined },
      { Nodes: 1, Constraint: "missing drivers", NodeID: undefined },
    ],
  );
});

test("however many reasons there are, an evaluation takes at most 1.5 KB more for them", () => {
  const nodes = Array.from({ length: 300 }, (_, at) =>
    machine(`00000000-0000-4000-8000-${String(at).padStart(12, "0")}`, {
      NodeClass: `class-${at % 40}`,
      ComputedClass: `c${at}`,
    }),
  );
  const long = { LTarget: "${attr.kernel.name}", Operand: "regexp", RTarget: "x".repeat(900) };
  const { next } = turn(cluster({ nodes, jobs: [aJob({ TaskGroups: [group({ Constraints: [long] })] })] }));
  assert.ok(next.kind === "finished");
  const failure = next.evaluation.FailedTGAllocs.grp;
  assert.deepEqual([failure?.Refusals.length, failure?.Refusals.reduce((sum, { Nodes }) => sum + Nodes, 0)], [8, 300]);
  assert.equal(failure?.Refusals.at(-1)?.Constraint, "other reasons");
  const bytes = (Eval: Evaluation) => encodeCommand(evaluationsUpdate, { Evals: [Eval] }, { at: 1 }).length;
  const without = { ...next.evaluation, FailedTGAllocs: { grp: { ...failure!, Refusals: [] } } };
  const more = bytes(next.evaluation) - bytes(without);
  assert.ok(more < 1500, `${more} bytes`);
});

test("what an older program wrote of a failure has no refusals, and can be read", () => {
  assert.deepEqual(
    evaluation.parse({ FailedTGAllocs: { grp: { NodesEvaluated: 1 } } }).FailedTGAllocs.grp?.Refusals,
    [],
  );
});
