import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { defaultSchedulerConfiguration, isTerminalAllocation, type Job } from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import { aJob, anAllocation, changed, cluster, group, machine, need, oneTask, turn } from "../harness.ts";
import { explained, followed, thereAfter } from "./testing/explained.ts";

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
    fc.record({
      size: fc.integer({ min: 200, max: 1200 }),
      condition,
      Datacenter: fc.constantFrom("dc1", "dc1", "dc2"),
      rack: fc.constantFrom("r1", "r2"),
    }),
    { maxLength: 5 },
  )
  .map((all) =>
    all.map(({ size, condition: state, Datacenter, rack }, at) =>
      machine(`n${at}`, {
        Datacenter,
        Meta: { rack },
        ComputedClass: `class-${rack}-${Datacenter}`,
        Resources: {
          CPU: size,
          MemoryMB: size,
          DiskMB: 1000,
          IOPS: 0,
          Networks: [{ Device: "eth0", CIDR: "10.0.0.1/32", MBits: 50 }],
        },
        ...state,
      }),
    ),
  );

const constraints = fc.constantFrom(
  [],
  [],
  [{ LTarget: "${meta.rack}", Operand: "=", RTarget: "r1" }],
  [{ LTarget: "", Operand: "distinct_hosts", RTarget: "" }],
);

const networks = fc.constantFrom(
  [],
  [],
  [{ MBits: 30 }],
  [{ MBits: 1, ReservedPorts: [{ Label: "web", Value: 8080 }] }],
);

const jobs = fc
  .record({
    Type: fc.constantFrom("service", "service", "batch", "system"),
    Count: fc.integer({ min: 1, max: 4 }),
    CPU: fc.integer({ min: 50, max: 900 }),
    MemoryMB: fc.integer({ min: 50, max: 900 }),
    Constraints: constraints,
    Networks: networks,
  })
  .map(({ Type, Count, CPU, MemoryMB, Constraints, Networks }) => {
    const Tasks = [{ ...oneTask, Resources: { CPU, MemoryMB, DiskMB: 10, Networks } }];
    return aJob({ Type, TaskGroups: [group({ Count: Type === "system" ? 1 : Count, Constraints, Tasks })] });
  });

/** A cluster in which lesser jobs run, and one more that the scheduler has looked at. */
const situations = fc
  .record({
    nodes,
    job: jobs,
    preempts: fc.constantFrom(false, false, true),
    others: fc.array(fc.record({ node: fc.nat({ max: 4 }), CPU: fc.integer({ min: 20, max: 400 }) }), { maxLength: 5 }),
  })
  .map(({ nodes: all, job, preempts, others }) => {
    const lesser = aJob({ ID: "lesser", Name: "lesser", Priority: 20 });
    const allocations = others
      .filter(({ node }) => node < all.length)
      .map(({ node, CPU }, at) =>
        anAllocation(`lesser-${at}`, lesser, `n${node}`, {
          Name: `lesser.grp[${at}]`,
          TaskResources: { main: { CPU, MemoryMB: CPU, DiskMB: 10 } },
        }),
      );
    const PreemptionConfig = {
      ...defaultSchedulerConfiguration.PreemptionConfig,
      ServiceSchedulerEnabled: preempts,
      BatchSchedulerEnabled: preempts,
    };
    const configuration = { PreemptionConfig };
    const before = cluster({ nodes: all, jobs: [job, lesser], allocations, configuration });
    const { view } = turn(before, need({ Type: job.Type }));
    return { view: begun(view), job };
  });

/** The view once clients have started what was placed. */
function begun(view: StateView): StateView {
  const pending = [...view.allocations.all()].filter(({ ClientStatus }) => ClientStatus === "pending");
  return changed(view, { allocations: pending.map((one) => ({ ...one, ClientStatus: "running" })) });
}

function holds(property: (view: StateView, job: Job) => void): void {
  fc.assert(
    fc.property(situations, ({ view, job }) => property(view, job)),
    { numRuns: 150 },
  );
}

test("every remedy that is told places as many more as it says, and one unit more of what is asked for does not", () => {
  holds((view, job) => {
    for (const { Name, Remedies } of explained(view).Groups) {
      const now = thereAfter(view, job, Name);
      for (const remedy of Remedies) {
        assert.equal(thereAfter(followed(view, job, Name, remedy), job, Name) - now, remedy.Places, remedy.Text);
        if (remedy.Kind !== "ask") continue;
        assert.equal(thereAfter(followed(view, job, Name, remedy, { more: 1 }), job, Name), now, remedy.Text);
      }
    }
  });
});

test("what runs is never explained as not running, and all that is wanted is accounted for", () => {
  holds((view, job) => {
    const { Runs, Groups } = explained(view);
    const [about] = Groups;
    assert.ok(about !== undefined);
    const { Wanted, Running, Starting, Ended, Placeable, Unplaced, Remedies } = about;
    const there = [...view.allocations.by("job", "default\u0000web")].filter((one) => !isTerminalAllocation(one));
    assert.deepEqual([Running, Starting, Ended, Placeable], [there.length, 0, 0, 0]);
    assert.equal(Wanted, Running + Unplaced);
    if (job.Type !== "system") assert.equal(Wanted, job.TaskGroups[0]?.Count);
    if (Runs) assert.deepEqual([Unplaced, Remedies], [0, []]);
    else assert.ok(Unplaced > 0 || job.Type === "system");
  });
});
