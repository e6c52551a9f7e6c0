import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { type Allocation, allocationsFit, isReady, isTerminalAllocation, type Job, type Node } from "../model/index.ts";
import type { StateView } from "../state/index.ts";
import { aJob, changed, cluster, group, machine, need, oneTask, placedBy, seeded, stoppedBy, turn } from "./harness.ts";
import { schedule } from "./schedule.ts";

const condition = fc.constantFrom(
  {},
  {},
  {},
  { Drain: true },
  { Status: "down" },
  { SchedulingEligibility: "ineligible" },
);

const nodes = fc
  .array(
    fc.record({ size: fc.integer({ min: 200, max: 1500 }), condition, dc: fc.constantFrom("dc1", "dc1", "dc2") }),
    { maxLength: 8 },
  )
  .map((all) => all.map(({ size, condition, dc }, at) => nodeOf(`n${at}`, size, { ...condition, Datacenter: dc })));

function nodeOf(id: string, size: number, fields: object): Node {
  const Networks = [{ Device: "eth0", CIDR: "10.0.0.1/32", MBits: 50 }];
  return machine(id, { Resources: { CPU: size, MemoryMB: size, DiskMB: 1000, IOPS: 0, Networks }, ...fields });
}

const networks = fc.constantFrom(
  [],
  [],
  [{ MBits: 10, DynamicPorts: [{ Label: "http" }] }],
  [{ MBits: 1, ReservedPorts: [{ Label: "web", Value: 8080 }], DynamicPorts: [{ Label: "a" }, { Label: "b" }] }],
);

const wishes = fc.constantFrom(
  {},
  {},
  { Affinities: [{ LTarget: "${node.unique.name}", Operand: "regexp", RTarget: "[0-3]$", Weight: -30 }] },
  { Spreads: [{ Attribute: "${node.datacenter}", SpreadTarget: [{ Value: "dc1", Percent: 80 }] }] },
);

const groups = fc
  .array(
    fc.record({
      Count: fc.integer({ min: 0, max: 6 }),
      CPU: fc.integer({ min: 20, max: 400 }),
      networks,
      User: fc.constantFrom("", "a"),
      wishes,
    }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((all) =>
    all.map(({ Count, CPU, networks: Networks, User, wishes: wished }, at) =>
      group({
        Name: `g${at}`,
        Count,
        ...wished,
        Tasks: [{ ...oneTask, User, Resources: { CPU, MemoryMB: CPU, DiskMB: 10, Networks } }],
      }),
    ),
  );

const updates = fc.constantFrom({}, {}, { Stagger: 1, MaxParallel: 2 });

const jobs = fc
  .record({ Type: fc.constantFrom("service", "batch", "system"), TaskGroups: groups, Update: updates })
  .map(({ Type, TaskGroups, Update }) => {
    const counted = TaskGroups.map((one) => (Type === "system" ? { ...one, Count: 1 } : one));
    return { Type, TaskGroups: counted, Update };
  });

/** A cluster that lived a little: a first version of the job was placed, then nodes and job changed. */
const story = fc.record({
  before: nodes,
  first: jobs,
  changes: fc.array(condition, { maxLength: 8 }),
  second: groups,
  seed: fc.string(),
});

interface Story {
  readonly view: StateView;
  readonly job: Job;
  readonly seed: string;
}

function told({
  before,
  first,
  changes,
  second,
  seed,
}: typeof story extends fc.Arbitrary<infer Told> ? Told : never): Story {
  const started = turn(cluster({ nodes: before, jobs: [aJob(first)] }), need({ Type: first.Type }), seed).view;
  const TaskGroups = second.map((one) => (first.Type === "system" ? { ...one, Count: 1 } : one));
  const job = aJob({ ...first, TaskGroups, JobModifyIndex: 11 });
  const after = before.map((node, at) => machine(node.ID, { ...node, ...changes[at] }));
  return { view: changed(started, { nodes: after, jobs: [job] }), job, seed };
}

function holds(property: (told: Story) => void): void {
  fc.assert(
    fc.property(story, (one) => property(told(one))),
    { numRuns: 150 },
  );
}

const running = (view: StateView): Allocation[] =>
  [...view.allocations.all()].filter((one) => !isTerminalAllocation(one));

test("no node is given more than it has, and no port twice", () => {
  holds(({ view, job, seed }) => {
    const after = turn(view, need({ Type: job.Type }), `${seed}2`).view;
    for (const node of after.nodes.all()) {
      const there = running(after).filter(({ NodeID }) => NodeID === node.ID);
      assert.deepEqual(allocationsFit(node, there).fits, true);
    }
  });
});

test("nothing new is placed on a node that is down, draining, ineligible or elsewhere", () => {
  holds(({ view, job, seed }) => {
    const { outcome } = turn(view, need({ Type: job.Type }), `${seed}2`);
    for (const { NodeID, CreateIndex } of placedBy(outcome)) {
      const node = view.nodes.get(NodeID);
      assert.ok(node);
      if (CreateIndex === 0) assert.ok(isReady(node) && job.Datacenters.includes(node.Datacenter));
    }
  });
});

test("no name runs twice, none that is not wanted, and what is missing is accounted for", () => {
  holds(({ view, job, seed }) => {
    const { outcome, view: after } = turn(view, need({ Type: job.Type }), `${seed}2`);
    const place = ({ Name, NodeID }: Allocation) => (job.Type === "system" ? `${Name} on ${NodeID}` : Name);
    const names = running(after).map(place);
    assert.equal(new Set(names).size, names.length);
    for (const one of job.TaskGroups) {
      const count = running(after).filter(({ TaskGroup }) => TaskGroup === one.Name).length;
      if (job.Type === "system") continue;
      assert.ok(count <= one.Count);
      const failures = outcome.unplaced.get(one.Name);
      const missing = failures === undefined ? 0 : 1 + failures.CoalescedFailures;
      assert.equal(count + missing, one.Count);
    }
    for (const { TaskGroup } of running(after)) assert.ok(job.TaskGroups.some(({ Name }) => Name === TaskGroup));
  });
});

test("once the turns of a rolling update are over, looking again changes nothing", () => {
  holds(({ view, job, seed }) => {
    let settling = turn(view, need({ Type: job.Type }), `${seed}2`);
    for (let turns = 0; settling.outcome.rolling !== undefined && turns < 40; turns++) {
      // No seed twice: the same seed would draw the ids of allocations that are there already.
      settling = turn(settling.view, need({ Type: job.Type, TriggeredBy: "rolling-update" }), `${seed} turn ${turns}`);
    }
    assert.equal(settling.outcome.rolling, undefined);
    const { outcome } = turn(settling.view, need({ Type: job.Type }), `${seed} again`);
    assert.deepEqual([placedBy(outcome), stoppedBy(outcome)], [[], []]);
    assert.deepEqual([...outcome.unplaced.keys()].sort(), [...settling.outcome.unplaced.keys()].sort());
  });
});

test("the same input gives the same plan, byte for byte", () => {
  holds(({ view, job, seed }) => {
    const plan = () => JSON.stringify(schedule(view, need({ Type: job.Type }), seeded(seed)));
    assert.equal(plan(), plan());
  });
});
