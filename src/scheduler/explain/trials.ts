/**
 * What would be if: the scheduler run on a view in which something is different. Nothing is kept of it. Runs are counted, and
 * what they have to look at, so that explaining a job costs no more than some seconds however large the cluster is.
 */
import { SeededRandom, type Steps } from "../../base/index.ts";
import { type Evaluation, evaluation, type Job } from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import type { SchedulingContext, SchedulingOutcome } from "../outcome.ts";
import { scheduleInSteps } from "../schedule.ts";
import { type Standing, standingAfter } from "./standing.ts";

/** Runs of the scheduler for one explanation. */
const mostTries = 100;
/** Rows of nodes and allocations that all of them may look at: each takes some microseconds. */
const mostRows = 1_000_000;

export class Trials {
  readonly view: StateView;
  readonly job: Job;
  readonly #now: SchedulingContext["now"];
  #rows = 0;
  #tries = 0;
  #isCut = false;

  constructor(view: StateView, job: Job, now: SchedulingContext["now"]) {
    this.view = view;
    this.job = job;
    this.#now = now;
  }

  get tries(): number {
    return this.#tries;
  }

  /** No more may be tried. */
  get isSpent(): boolean {
    return this.#tries >= mostTries || this.#rows >= mostRows;
  }

  /** Something that might have helped was not tried. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Said by who leaves something untried. */
  cut(): void {
    this.#isCut = true;
  }

  /** Chance is the same for each run, so that nothing but the change makes a difference. */
  context(): SchedulingContext {
    return { now: this.#now, random: new SeededRandom(`${this.job.Namespace}/${this.job.ID}@${this.view.index}`) };
  }

  /** What the scheduler does of itself, and how the job is after it. */
  *present(): Steps<{ readonly outcome: SchedulingOutcome; readonly standing: Standing }> {
    return yield* this.#run(this.view, this.job);
  }

  /** How the job would be if it were registered so; undefined if no more may be tried. */
  *registered(job: Job): Steps<Standing | undefined> {
    if (this.#refuses()) return undefined;
    const view = this.view.assuming((write) => {
      write.put("jobs", { ...job, ModifyIndex: write.index, JobModifyIndex: write.index });
    });
    return (yield* this.#run(view, job)).standing;
  }

  /** How the job would be in a view that is different; undefined if no more may be tried. */
  *supposing(...change: Parameters<StateView["assuming"]>): Steps<Standing | undefined> {
    if (this.#refuses()) return undefined;
    return (yield* this.#run(this.view.assuming(...change), this.job)).standing;
  }

  *#run(view: StateView, job: Job): Steps<{ readonly outcome: SchedulingOutcome; readonly standing: Standing }> {
    this.#tries++;
    const stored = [...view.allocations.by("job", jobKey(job.Namespace, job.ID))];
    this.#rows += view.nodes.size + stored.length;
    const steps = scheduleInSteps(view, needFor(job), this.context());
    for (;;) {
      const { done, value } = steps.next();
      this.#rows++;
      if (done !== true) {
        yield;
        continue;
      }
      for (const { NodesEvaluated } of value.unplaced.values()) this.#rows += NodesEvaluated;
      return { outcome: value, standing: standingAfter(value, job, stored) };
    }
  }

  #refuses(): boolean {
    if (this.isSpent) this.cut();
    return this.isSpent;
  }
}

/** As if the job were registered now. */
function needFor(job: Job): Evaluation {
  return evaluation.parse({
    ID: "explain",
    Namespace: job.Namespace,
    Priority: job.Priority,
    Type: job.Type,
    TriggeredBy: "job-register",
    JobID: job.ID,
    JobModifyIndex: job.JobModifyIndex,
    Status: "pending",
  });
}
