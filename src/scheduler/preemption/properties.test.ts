import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Allocation,
  allocation,
  allocationsFit,
  defaultSchedulerConfiguration,
  isTerminalAllocation,
  type Job,
} from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import { aJob, changed, cluster, group, machine, need, oneTask, placedBy, seeded, turn } from "../harness.ts";
import { schedule } from "../schedule.ts";

const networks = fc.constantFrom(
  [],
  [],
  [{ MBits: 10, DynamicPorts: [{ Label: "http" }] }],
  [{ MBits: 20, ReservedPorts: [{ Label: "web", Value: 8080 }] }],
  [{ MBits: 5, ReservedPorts: [{ Label: "web", Value: 8080 }], DynamicPorts: [{ Label: "a" }] }],
);

const jobs = fc
  .record({
    Type: fc.constantFrom("service", "batch", "system"),
    Priority: fc.integer({ min: 1, max: 100 }),
    Count: fc.integer({ min: 1, max: 6 }),
    CPU: fc.integer({ min: 50, max: 500 }),
    MemoryMB: fc.integer({ min: 50, max: 500 }),
    networks,
    MaxParallel: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ Type, Priority, Count, CPU, MemoryMB, networks: Networks, MaxParallel }) => {
    const Tasks = [{ ...oneTask, Resources: { CPU, MemoryMB, DiskMB: 10, Networks } }];
    return {
      Type,
      Priority,
      TaskGroups: [group({ Count: Type === "system" ? 1 : Count, Tasks, Migrate: { MaxParallel } })],
    };
  });

const machines = fc.array(fc.integer({ min: 300, max: 1200 }), { minLength: 1, maxLength: 4 }).map((sizes) =>
  sizes.map((size, at) => {
    const Networks = [{ Device: "eth0", CIDR: "10.0.0.1/32", MBits: 60 }];
    return machine(`n${at}`, { Resources: { CPU: size, MemoryMB: size, DiskMB: 1000, IOPS: 0, Networks } });
  }),
);

/** Jobs that came one after the other, each taking what room it found or could make. */
const story = fc.record({
  nodes: machines,
  told: fc.array(jobs, { minLength: 2, maxLength: 6 }),
  types: fc.subarray(["System", "Batch", "Service"], { minLength: 1 }),
  seed: fc.string(),
});

interface Step {
  readonly job: Job;
  readonly before: StateView;
  readonly after: StateView;
  readonly placed: readonly Allocation[];
  readonly preempted: readonly Allocation[];
  readonly allowed: boolean;
}

function holds(property: (step: Step) => void): void {
  fc.assert(
    fc.property(story, ({ nodes, told, types, seed }) => {
      const enabled = Object.fromEntries(types.map((type) => [`${type}SchedulerEnabled`, true]));
      const PreemptionConfig = { ...defaultSchedulerConfiguration.PreemptionConfig, ...enabled };
      let view = cluster({ nodes, configuration: { PreemptionConfig } });
      for (const [at, fields] of told.entries()) {
        const job = aJob({ ID: `job${at}`, Name: `job${at}`, ...fields });
        const before = changed(view, { jobs: [job] });
        const evaluation = need({ JobID: job.ID, Type: job.Type, Priority: job.Priority });
        const { outcome, view: after } = turn(before, evaluation, `${seed}${at}`);
        const preempted = Object.values(outcome.plan.NodePreemptions).flat();
        const allowed = types.some((type) => type.toLowerCase() === job.Type);
        property({ job, before, after, placed: placedBy(outcome), preempted, allowed });
        view = after;
      }
    }),
    { numRuns: 200 },
  );
}

const runningOn = (view: StateView, nodeID: string) =>
  [...view.allocations.by("node", nodeID)].filter((one) => !isTerminalAllocation(one));

test("no job loses allocations to one that is not more important by 10, or to itself, or where that is not allowed", () => {
  let stopped = 0;
  holds(({ job, before, preempted, allowed }) => {
    assert.ok(allowed || preempted.length === 0);
    for (const { ID } of preempted) {
      const victim = before.allocations.get(ID);
      assert.ok(victim?.Job);
      assert.ok(victim.Job.Priority + 10 <= job.Priority && victim.JobID !== job.ID);
      stopped += 1;
    }
  });
  assert.ok(stopped > 100, "the stories are worth telling");
});

test("no node is given more than it has, and no port twice", () => {
  holds(({ after }) => {
    for (const node of after.nodes.all()) assert.equal(allocationsFit(node, runningOn(after, node.ID)).fits, true);
  });
});

test("each that is stopped makes room for one that is placed on its node, and each knows the other", () => {
  holds(({ after, placed, preempted }) => {
    for (const { ID, NodeID, PreemptedByAllocation } of preempted) {
      const by = placed.find((one) => one.ID === PreemptedByAllocation);
      assert.equal(by?.NodeID, NodeID);
      assert.ok(by?.PreemptedAllocations.includes(ID));
      assert.equal(after.allocations.get(ID)?.DesiredStatus, "evict");
    }
    assert.equal(placed.flatMap(({ PreemptedAllocations }) => PreemptedAllocations).length, preempted.length);
  });
});

test("none of those that are stopped could stay where it is", () => {
  holds(({ before, after, placed, preempted }) => {
    for (const { ID, NodeID, PreemptedByAllocation } of preempted) {
      const node = after.nodes.get(NodeID);
      const victim = before.allocations.get(ID);
      const there = after.allocations.get(PreemptedByAllocation);
      assert.ok(node && victim && there);
      // As the node was when that room was made: without what was placed there later.
      const at = placed.findIndex((one) => one.ID === PreemptedByAllocation);
      const othersStopped = new Set(
        placed.slice(0, at + 1).flatMap(({ PreemptedAllocations }) => PreemptedAllocations),
      );
      const stopping = runningOn(before, NodeID).filter((one) => !othersStopped.has(one.ID));
      const news = placed.slice(0, at).filter((one) => one.NodeID === NodeID);
      // What it was granted may stand in its own way by chance: the ports it drew would have been others.
      const asks = withoutDrawnPorts(there);
      assert.equal(allocationsFit(node, [...stopping, ...news, asks, victim]).fits, false);
    }
  });
});

function withoutDrawnPorts(one: Allocation): Allocation {
  const TaskResources = Object.fromEntries(
    Object.entries(one.TaskResources).map(([task, granted]) => [
      task,
      { ...granted, Networks: granted.Networks.map((network) => ({ ...network, DynamicPorts: [] })) },
    ]),
  );
  return allocation.parse({ ...one, TaskResources });
}

test("nothing is stopped for a job that fits without", () => {
  holds(({ job, before, preempted, placed }) => {
    if (preempted.length === 0) return;
    const PreemptionConfig = defaultSchedulerConfiguration.PreemptionConfig;
    const without = changed(before, { configuration: { PreemptionConfig } });
    const evaluation = need({ JobID: job.ID, Type: job.Type, Priority: job.Priority });
    assert.ok(placedBy(schedule(without, evaluation, seeded())).length < placed.length);
  });
});

test("a job that lost allocations wants these back", () => {
  holds(({ after, preempted }) => {
    for (const { JobID, Namespace } of preempted) {
      const job = after.jobs.get(jobKey(Namespace, JobID));
      assert.ok(job);
      const again = need({ JobID, Type: job.Type, Priority: job.Priority, TriggeredBy: "preemption" });
      const { outcome } = turn(after, again, "again");
      const lost = preempted.filter((one) => one.JobID === JobID).length;
      const queued = [...outcome.queued.values()].reduce((sum, count) => sum + count, 0);
      assert.ok(queued >= lost, `${queued} ${lost}`);
    }
  });
});
