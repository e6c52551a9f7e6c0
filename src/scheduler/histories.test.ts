import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Allocation,
  allocationsFit,
  constraintCheck,
  isReady,
  isTerminalAllocation,
  type Job,
  type TaskGroup,
} from "../model/index.ts";
import { jobKey, type StateView } from "../state/index.ts";
import { need, placedBy, seeded, stoppedBy, turn } from "./harness.ts";
import { type History, histories, type Look, play } from "./history.ts";
import type { SchedulingOutcome } from "./outcome.ts";
import { schedule } from "./schedule.ts";

const runs = { numRuns: 100 };

/** What holds of every look at every job, whatever happened before. */
function always(property: (look: Look, job: Job | undefined) => void): void {
  const looked = (look: Look) => property(look, wanted(look.before, look.evaluation.JobID));
  fc.assert(
    fc.property(histories, (history) => {
      play(history, looked);
    }),
    runs,
  );
}

/** What holds when a history has come to its end. */
function atLast(property: (view: StateView, history: History) => void): void {
  fc.assert(
    fc.property(histories, (history) => property(play(history), history)),
    runs,
  );
}

function wanted(view: StateView, id: string): Job | undefined {
  const job = view.jobs.get(jobKey("default", id));
  return job?.Stop ? undefined : job;
}

const live = (view: StateView): readonly Allocation[] =>
  [...view.allocations.all()].filter((one) => !isTerminalAllocation(one));
const liveOf = (view: StateView, id: string) => live(view).filter(({ JobID }) => JobID === id);
const groupOf = (job: Job | undefined, { TaskGroup }: Allocation): TaskGroup | undefined =>
  job?.TaskGroups.find(({ Name }) => Name === TaskGroup);
const isNew = ({ CreateIndex }: Allocation) => CreateIndex === 0;

test("no node ever gives more than it has beside what it keeps, nor a port twice", () => {
  always(({ turn: { view } }) => {
    for (const node of view.nodes.all()) {
      const there = live(view).filter(({ NodeID }) => NodeID === node.ID);
      const fit = allocationsFit(node, there);
      assert.ok(fit.fits, fit.fits ? "" : `${node.ID}: ${fit.dimension}`);
      const ports = [22, 8080].filter((port) => JSON.stringify(node.Reserved).includes(`:${port},`));
      const given = there.flatMap(({ TaskResources }) => TaskResources.main?.Networks[0]?.ReservedPorts ?? []);
      for (const { Value } of given) assert.ok(!ports.includes(Value), `${node.ID} keeps ${Value}`);
    }
  });
});

test("nothing is ever placed on a node that takes no work, or that the job does not ask for", () => {
  always(({ before, turn: { outcome } }, job) => {
    for (const placed of placedBy(outcome).filter(isNew)) {
      const node = before.nodes.get(placed.NodeID);
      assert.ok(node && isReady(node) && job?.Datacenters.includes(node.Datacenter));
    }
  });
});

test("whatever is placed or updated in place meets all constraints", () => {
  always(({ before, turn: { outcome, view } }, job) => {
    for (const placed of placedBy(outcome)) {
      const node = before.nodes.get(placed.NodeID);
      const group = groupOf(job, placed);
      assert.ok(job && node && group);
      for (const constraint of [...job.Constraints, ...group.Constraints]) {
        assert.ok(constraintCheck(constraint)(node), `${placed.Name} on ${node.ID}`);
      }
      if (job.Type === "system") continue;
      const isDistinct = (holder: Job | TaskGroup) =>
        holder.Constraints.some(({ Operand }) => Operand === "distinct_hosts");
      const siblings = liveOf(view, job.ID).filter(({ NodeID, ID }) => NodeID === node.ID && ID !== placed.ID);
      if (isDistinct(job)) assert.deepEqual(siblings, []);
      if (isDistinct(group)) assert.ok(siblings.every(({ TaskGroup }) => TaskGroup !== group.Name));
    }
  });
});

test("a job never runs more than it wants, and whatever is missing is accounted for", () => {
  always(({ turn: { outcome, view, next }, evaluation }, job) => {
    const mine = liveOf(view, evaluation.JobID);
    const place = ({ Name, NodeID }: Allocation) => (evaluation.Type === "system" ? `${Name} on ${NodeID}` : Name);
    assert.equal(new Set(mine.map(place)).size, mine.length);
    if (job === undefined) assert.deepEqual(mine, []);
    for (const group of job?.TaskGroups ?? []) {
      const count = mine.filter(({ TaskGroup }) => TaskGroup === group.Name).length;
      const failures = outcome.unplaced.get(group.Name);
      const missing = failures === undefined ? 0 : 1 + failures.CoalescedFailures;
      if (evaluation.Type === "system") continue;
      assert.ok(count + missing <= group.Count, `${count} run and ${missing} wait, of ${group.Count}`);
      // A batch job may have done some of it.
      if (evaluation.Type === "service") assert.equal(count + missing, group.Count);
      assert.ok(next.kind === "finished");
      assert.equal(next.evaluation.QueuedAllocations[group.Name], missing);
    }
  });
});

test("what waits has an evaluation that waits, save of a system job", () => {
  always(({ turn: { outcome }, evaluation }) => {
    const mustWait = outcome.unplaced.size > 0 && evaluation.Type !== "system";
    assert.equal(outcome.blocked !== undefined, mustWait);
  });
});

test("an update never takes down more than its limit at once, and says that there is more to do", () => {
  always(({ before, turn: { outcome } }, job) => {
    if (job === undefined || !(job.Update.Stagger > 0 && job.Update.MaxParallel > 0)) return;
    const isWanted = (one: Allocation) => {
      const [, index = "0"] = /\[(\d+)\]$/.exec(one.Name) ?? [];
      return Number(index) < (groupOf(job, one)?.Count ?? 0);
    };
    const isHere = ({ NodeID }: Allocation) => {
      const node = before.nodes.get(NodeID);
      return node !== undefined && node.Status === "ready" && !node.Drain && job.Datacenters.includes(node.Datacenter);
    };
    const replaced = stoppedBy(outcome).filter((stopped) => {
      const stored = before.allocations.get(stopped.ID);
      return stored !== undefined && !isTerminalAllocation(stored) && isWanted(stored);
    });
    // A system job leaves nodes without being asked to do so slowly: it has nowhere else to go.
    const counted = job.Type === "system" ? replaced.filter(isHere) : replaced;
    assert.ok(counted.length <= job.Update.MaxParallel, `${counted.length} at once`);
    // What a batch job has done and must do again takes its turn too, and takes nothing down.
    if (outcome.rolling !== undefined) assert.ok(stoppedBy(outcome).length >= job.Update.MaxParallel);
  });
});

test("the same input gives the same outcome, byte for byte, and a dry run the same plan", () => {
  const bytes = ({ plan, unplaced, queued, ...rest }: SchedulingOutcome) =>
    JSON.stringify([plan, [...unplaced], [...queued], rest]);
  always(({ before, evaluation, seed, turn: { outcome } }) => {
    assert.equal(bytes(schedule(before, evaluation, seeded(seed))), bytes(outcome));
    const dry = schedule(before, { ...evaluation, AnnotatePlan: true }, seeded(seed)).plan;
    const { NodeUpdate, NodeAllocation } = outcome.plan;
    assert.equal(JSON.stringify([dry.NodeUpdate, dry.NodeAllocation]), JSON.stringify([NodeUpdate, NodeAllocation]));
  });
});

test("tasks may use more memory than is set aside for them only where that is allowed", () => {
  fc.assert(
    fc.property(histories, (history) => {
      play(history, ({ turn: { outcome } }) => {
        for (const { TaskResources } of placedBy(outcome)) {
          const { MemoryMaxMB = 0 } = TaskResources.main ?? {};
          if (!history.oversubscribes) assert.equal(MemoryMaxMB, 0);
        }
      });
    }),
    runs,
  );
});

test("once all is done that can be, another look changes nothing, whatever chance it has", () => {
  atLast((end, { seed }) => {
    let view = end;
    for (let pass = 0; ; pass++) {
      assert.ok(pass < 60, "it comes to rest");
      let isAtRest = true;
      for (const job of view.jobs.all()) {
        const evaluation = need({ ID: `pass-${pass}`, JobID: job.ID, Type: job.Type });
        const turned = turn(view, evaluation, `${seed} ${pass} ${job.ID}`);
        if (placedBy(turned.outcome).length + stoppedBy(turned.outcome).length > 0) isAtRest = false;
        view = turned.view;
      }
      if (isAtRest) break;
    }
    for (const job of view.jobs.all()) {
      for (const chance of ["one", "two"]) {
        const { outcome } = turn(view, need({ JobID: job.ID, Type: job.Type }), chance);
        assert.deepEqual([placedBy(outcome), stoppedBy(outcome), outcome.rolling], [[], [], undefined]);
      }
    }
  });
});
