import assert from "node:assert";
import { test } from "node:test";
import { aJob, anAllocation, cluster, group, machine, need, oneTask, placedBy, turn } from "../harness.ts";

const three = [machine("n1"), machine("n2"), machine("n3")];
const newer = (fields: object = {}) => aJob({ JobModifyIndex: 11, ...fields });

test("metrics say which nodes there were and how they scored", () => {
  const nodes = [machine("n1"), machine("n2", { Datacenter: "dc2" }), machine("n3", { Status: "down" })];
  const { outcome } = turn(cluster({ nodes, jobs: [aJob({ Datacenters: ["dc1", "dc3"] })] }));
  const metrics = placedBy(outcome)[0]?.Metrics;
  assert.deepEqual({ ...metrics?.NodesAvailable }, { dc1: 1, dc3: 0 });
  assert.equal(metrics?.NodesEvaluated, 1);
  assert.deepEqual(Object.keys(metrics?.Scores ?? {}), ["n1.binpack"]);
  assert.deepEqual(
    metrics?.ScoreMetaData.map(({ NodeID }) => NodeID),
    ["n1"],
  );
});

test("allocations of a service spread over nodes, those of others fill them up", () => {
  const spreading = turn(cluster({ nodes: three, jobs: [aJob({ TaskGroups: [group({ Count: 3 })] })] }));
  assert.equal(new Set(placedBy(spreading.outcome).map(({ NodeID }) => NodeID)).size, 3);

  const other = aJob({ ID: "other" });
  const busy = [1, 2, 3].map((at) => anAllocation(`o${at}`, other, "n1", { Name: `o[${at}]` }));
  const filling = turn(cluster({ nodes: [machine("n1"), machine("n2")], jobs: [aJob(), other], allocations: busy }));
  assert.deepEqual(
    placedBy(filling.outcome).map(({ NodeID }) => NodeID),
    ["n1"],
  );
});

test("only as many nodes are compared as the search is worth", () => {
  const many = Array.from({ length: 100 }, (_, at) => machine(`n${at}`));
  const evaluatedFor = (Type: string) => {
    const { outcome } = turn(cluster({ nodes: many, jobs: [aJob({ Type })] }), need({ Type }));
    return placedBy(outcome)[0]?.Metrics?.NodesEvaluated;
  };
  assert.deepEqual([evaluatedFor("service"), evaluatedFor("batch")], [7, 2]);
});

test("ports are given to tasks that ask for them, and a node where they are taken is exhausted", () => {
  const asking = {
    ...oneTask,
    Resources: {
      ...oneTask.Resources,
      Networks: [{ MBits: 10, ReservedPorts: [{ Label: "web", Value: 80 }], DynamicPorts: [{ Label: "admin" }] }],
    },
  };
  const jobs = [aJob({ TaskGroups: [group({ Count: 2, Tasks: [asking] })] })];
  const { outcome } = turn(cluster({ nodes: [machine("n1")], jobs }));
  const network = placedBy(outcome)[0]?.TaskResources.main?.Networks[0];
  assert.deepEqual(
    [network?.Device, network?.IP, network?.ReservedPorts[0]?.Value, network?.DynamicPorts.length],
    ["eth0", "10.0.0.1", 80, 1],
  );
  assert.deepEqual({ ...outcome.unplaced.get("grp")?.DimensionExhausted }, { "network: reserved port collision": 1 });
});

test("a replaced allocation frees its room for its successor", () => {
  const full = machine("n1", { Resources: { CPU: 200, MemoryMB: 200, DiskMB: 10 } });
  const jobs = [newer({ TaskGroups: [group({ Tasks: [{ ...oneTask, User: "nobody" }] })] })];
  const { outcome } = turn(cluster({ nodes: [full], jobs, allocations: [anAllocation("a1", aJob(), "n1")] }));
  assert.equal(placedBy(outcome).length, 1);
});

test("schedulers that are told to spread take the emptiest node, of a batch too", () => {
  const other = aJob({ ID: "other" });
  const busy = [1, 2, 3].map((at) => anAllocation(`o${at}`, other, "n1", { Name: `o[${at}]` }));
  const rows = { nodes: [machine("n1"), machine("n2")], jobs: [aJob({ Type: "batch" }), other], allocations: busy };
  const nodeFor = (SchedulerAlgorithm: string) => {
    const { outcome } = turn(cluster({ ...rows, configuration: { SchedulerAlgorithm } }), need({ Type: "batch" }));
    return placedBy(outcome).map(({ NodeID }) => NodeID);
  };
  assert.deepEqual([nodeFor("binpack"), nodeFor("spread")], [["n1"], ["n2"]]);
});

test("a task may use more memory than is set aside for it only where the configuration allows it", () => {
  const greedy = { ...oneTask, Resources: { ...oneTask.Resources, MemoryMaxMB: 400 } };
  const jobs = [aJob({ TaskGroups: [group({ Count: 12, Tasks: [greedy] })] })];
  const granted = (MemoryOversubscriptionEnabled: boolean) => {
    const view = cluster({ nodes: [machine("n1")], jobs, configuration: { MemoryOversubscriptionEnabled } });
    return placedBy(turn(view).outcome).map(({ TaskResources }) => TaskResources.main);
  };
  for (const enabled of [true, false]) {
    // Nine fit by what is set aside, whatever they may use at most.
    assert.equal(granted(enabled).length, 9);
    for (const task of granted(enabled)) {
      assert.deepEqual([task?.MemoryMB, task?.MemoryMaxMB], [100, enabled ? 400 : 0]);
    }
  }
});
