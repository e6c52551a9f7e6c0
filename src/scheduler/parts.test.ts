import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { type Evaluation, isTerminalAllocation, type Plan } from "../model/index.ts";
import { jobKey, type StateView } from "../state/index.ts";
import {
  aJob,
  anAllocation,
  cluster,
  committed,
  fullResult,
  group,
  machine,
  need,
  oneTask,
  placedBy,
  seeded,
  stoppedBy,
} from "./harness.ts";
import { histories, play } from "./history.ts";
import type { SchedulingOutcome } from "./outcome.ts";
import { schedule } from "./schedule.ts";
import { attempted, beginRun, settled } from "./scheduling-run.ts";

/** What a worker without rivals comes to, whose plans hold so many changes; each of them is committed whole. */
function inParts(first: StateView, evaluation: Evaluation, mostChanges: number, seed = "") {
  const outcomes: SchedulingOutcome[] = [];
  const created: Evaluation[] = [];
  let [view, run] = [first, beginRun()];
  for (;;) {
    assert.ok(outcomes.length < 200, "it comes to an end");
    const context = { ...seeded(`${seed} ${outcomes.length}`), mostChanges };
    const outcome = schedule(view, evaluation, context);
    outcomes.push(outcome);
    const attempt = attempted(run, outcome);
    created.push(...attempt.create);
    const result = attempt.plan && { ...fullResult(attempt.plan), AllocIndex: 7 };
    const next = settled({ evaluation, run: attempt.run, outcome, result, context });
    if (attempt.plan !== undefined) view = committed(view, attempt.plan);
    if (next.kind !== "again") return { outcomes, created, view, next };
    assert.deepEqual([next.refreshIndex, next.run.fruitless], [7, 0]);
    run = next.run;
  }
}

const changesOf = ({ NodeUpdate, NodeAllocation }: Plan) =>
  [...Object.values(NodeUpdate), ...Object.values(NodeAllocation)].flat().length;
const sizes = (outcomes: readonly SchedulingOutcome[]) => outcomes.map(({ plan }) => changesOf(plan));
const five = [1, 2, 3, 4, 5].map((at) => machine(`n${at}`));
const restarting = { JobModifyIndex: 11, TaskGroups: [group({ Count: 6, Tasks: [{ ...oneTask, User: "nobody" }] })] };
const six = [0, 1, 2, 3, 4, 5].map((at) => anAllocation(`a${at}`, aJob(), "n1", { Name: `web.grp[${at}]` }));

test("what is more than a plan holds is done plan by plan, and at the end all is done", () => {
  const jobs = [aJob({ TaskGroups: [group({ Count: 20 })] })];
  const { outcomes, created, next } = inParts(cluster({ nodes: five, jobs }), need(), 6);
  assert.deepEqual(sizes(outcomes), [6, 6, 6, 2]);
  assert.equal(new Set(outcomes.flatMap(placedBy).map(({ Name }) => Name)).size, 20);
  assert.ok(next.kind === "finished");
  assert.deepEqual(
    [next.evaluation.Status, { ...next.evaluation.QueuedAllocations }, created],
    ["complete", { grp: 0 }, []],
  );
});

test("a plan that holds just what there is to do is whole", () => {
  const jobs = [aJob({ TaskGroups: [group({ Count: 6 })] })];
  assert.deepEqual(sizes(inParts(cluster({ nodes: five, jobs }), need(), 6).outcomes), [6]);
});

test("a large job is stopped, and updated in place, plan by plan", () => {
  const stopped = inParts(cluster({ nodes: five, allocations: six }), need(), 4);
  assert.deepEqual(sizes(stopped.outcomes), [4, 2]);
  const jobs = [aJob({ JobModifyIndex: 11, TaskGroups: [group({ Count: 6 })] })];
  const updated = inParts(cluster({ nodes: five, jobs, allocations: six }), need(), 4);
  assert.deepEqual(sizes(updated.outcomes), [4, 2]);
  assert.deepEqual(updated.outcomes.flatMap(stoppedBy), []);
});

test("what is stopped for another to take its place is replaced in the same plan", () => {
  const { outcomes } = inParts(cluster({ nodes: five, jobs: [aJob(restarting)], allocations: six }), need(), 4);
  assert.deepEqual(sizes(outcomes), [8, 4]);
  for (const outcome of outcomes) assert.equal(stoppedBy(outcome).length, placedBy(outcome).length);
});

test("an evaluation has one turn of a rolling update, however many plans it takes", () => {
  const Update = { Stagger: 1, MaxParallel: 2 };
  const TaskGroups = [group({ Count: 16, Tasks: [{ ...oneTask, User: "nobody" }] })];
  for (const [Type, allocations] of [
    ["service", six],
    ["system", five.map(({ ID }) => anAllocation(ID, aJob(), ID))],
  ] as const) {
    const groups =
      Type === "service" ? TaskGroups : ["grp", "b", "c"].map((Name) => ({ ...TaskGroups[0], Name, Count: 1 }));
    const jobs = [aJob({ Type, JobModifyIndex: 11, Update, TaskGroups: groups })];
    for (const most of [1, 2, 4, 9, 10, 11, 12, 20]) {
      const { outcomes, created } = inParts(cluster({ nodes: five, jobs, allocations }), need({ Type }), most);
      const replaced = outcomes.flatMap(stoppedBy).length;
      assert.ok(replaced === 1 || replaced === 2, `${replaced} replaced by plans of ${most}`);
      assert.equal(outcomes.flatMap(placedBy).length, 10 + replaced);
      assert.deepEqual(
        created.map(({ TriggeredBy }) => TriggeredBy),
        ["rolling-update"],
      );
    }
  }
});

test("what finds no place takes none in a plan, and waits as one evaluation", () => {
  const jobs = [aJob({ TaskGroups: [group({ Count: 30 })] })];
  const { outcomes, created, next } = inParts(cluster({ nodes: [machine("n1")], jobs }), need(), 4);
  assert.deepEqual(sizes(outcomes), [4, 4, 1]);
  assert.deepEqual(
    created.map(({ Status }) => Status),
    ["blocked"],
  );
  assert.ok(next.kind === "finished");
  assert.deepEqual({ ...next.evaluation.QueuedAllocations }, { grp: 21 });
});

test("a plan that is all or nothing is not cut, nor is a dry run", () => {
  const jobs = [aJob({ AllAtOnce: true, TaskGroups: [group({ Count: 20 })] })];
  assert.deepEqual(sizes(inParts(cluster({ nodes: five, jobs }), need(), 6).outcomes), [20]);
  const dry = cluster({ nodes: five, jobs: [aJob({ TaskGroups: [group({ Count: 20 })] })] });
  assert.deepEqual(sizes([schedule(dry, need({ AnnotatePlan: true }), { ...seeded(), mostChanges: 6 })]), [20]);
});

test("in parts as in one, all that is wanted runs or waits, and no more is taken down than an update may", () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 4 }), (history, most) => {
      play(history, ({ before, evaluation, seed }) => {
        const { outcomes, view, next } = inParts(before, evaluation, most, seed);
        for (const size of sizes(outcomes)) assert.ok(size <= 2 * most, `${size} changes`);
        const job = view.jobs.get(jobKey("default", evaluation.JobID));
        if (job === undefined || job.Stop || job.Type !== "service") return;
        assert.ok(next.kind === "finished");
        const live = [...view.allocations.by("job", jobKey("default", job.ID))].filter(
          (one) => !isTerminalAllocation(one),
        );
        for (const { Name, Count } of job.TaskGroups) {
          const running = live.filter(({ TaskGroup }) => TaskGroup === Name).length;
          assert.equal(running + (next.evaluation.QueuedAllocations[Name] ?? 0), Count);
        }
        if (!(job.Update.Stagger > 0 && job.Update.MaxParallel > 0)) return;
        const replaced = new Set(outcomes.flatMap(placedBy).map(({ PreviousAllocation }) => PreviousAllocation));
        replaced.delete("");
        assert.ok(replaced.size <= job.Update.MaxParallel, `${replaced.size} replaced`);
      });
    }),
    { numRuns: 60 },
  );
});
