import { deepEqual, type Instant, instantOf } from "../../base/index.ts";
import { childID, type Evaluation, evaluation, isPeriodic, type Job, nextLaunch } from "../../model/index.ts";
import { type Change, jobKey, jobRegister, type StateView } from "../../state/index.ts";
import { CalendarDeadlines } from "./calendar-deadlines.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

/** A child that was launched: its first evaluation, and the index at which both were stored. */
export interface Launched {
  readonly evaluation: Evaluation;
  readonly index: number;
}

/** A job is not launched by this leader: it is stopped, or its clock is switched off. */
export class NotTracked extends Error {
  override readonly name = "NotTracked";

  constructor(jobID: string) {
    super(`can't force run non-tracked job ${jobID}`);
  }
}

/**
 * Launches children of periodic jobs when their time comes by the machine's calendar. Launches that were missed, because
 * there was no leader, the leader could not keep up, or the calendar was set ahead, are made up for by one. Where it is
 * set back no time is gone through twice: the next launch is the one after the last.
 */
export class PeriodicDispatcher implements LeaderDuty {
  readonly name = "periodic dispatcher";
  readonly #tenure: Tenure;
  /** When each job, by its key, launches next by the calendar; undefined for one whose clock never comes round again. */
  readonly #launches = new Map<string, Instant | undefined>();
  readonly #deadlines: CalendarDeadlines;

  constructor(tenure: Tenure) {
    this.#tenure = tenure;
    this.#deadlines = new CalendarDeadlines(tenure.runtime.clock);
  }

  async run(): Promise<void> {
    const { state, signal } = this.#tenure;
    const stopObserving = state.observe(({ changes }) => {
      for (const change of changes) this.#follow(change);
    });
    const view = state.view();
    for (const job of view.jobs.all()) if (isLaunched(job)) this.#restore(view, job);
    try {
      await this.#deadlines.run(signal, (key) => this.#launchDue(key));
    } finally {
      stopObserving();
    }
  }

  /** Launches a child now, also while another runs. Rejects with `NotTracked`, or as a proposal does. */
  async force(job: Job): Promise<Launched> {
    if (!this.#launches.has(keyOf(job))) throw new NotTracked(job.ID);
    return this.#launch(job, this.#tenure.runtime.clock.wallTime());
  }

  #follow(change: Change): void {
    if (change.table !== "jobs") return;
    const { key, before, after } = change;
    if (after === undefined || !isLaunched(after)) {
      this.#launches.delete(key);
      this.#deadlines.delete(key);
      return;
    }
    const keepsTime = before !== undefined && isLaunched(before) && deepEqual(before.Periodic, after.Periodic);
    if (!keepsTime) this.#schedule(after, this.#tenure.runtime.clock.wallTime());
  }

  /** The next launch is the one after the last that is known of, even if its time has passed. */
  #restore(view: StateView, job: Job): void {
    const last = view.periodicLaunches.get(keyOf(job));
    this.#schedule(job, last === undefined ? this.#tenure.runtime.clock.wallTime() : instantOf(last.Launch));
  }

  #schedule(job: Job, after: Instant): void {
    const key = keyOf(job);
    const next = nextOf(job, after);
    this.#launches.set(key, next);
    if (next === undefined) this.#deadlines.delete(key);
    else this.#deadlines.set(key, next);
  }

  /** If the launch after this one should have been by now too, one launch stands for all of them, as of now. */
  async #launchDue(key: string): Promise<void> {
    const { state, runtime, signal } = this.#tenure;
    const view = state.view();
    const [job, due] = [view.jobs.get(key), this.#launches.get(key)];
    if (job === undefined || due === undefined) return;
    const [now, following] = [runtime.clock.wallTime(), nextOf(job, due)];
    const launch = following !== undefined && following <= now ? now : due;
    this.#schedule(job, launch);
    // It was launched before the job's calendar, or the machine's, was changed.
    if (view.jobs.get(jobKey(job.Namespace, childID(job.ID, launch))) !== undefined) return;
    const log = runtime.log.named("nomad.periodic");
    if (job.Periodic?.ProhibitOverlap && hasLiveChild(view, job)) {
      log.debug("skipping launch because the previous child still runs", { jobID: job.ID });
      return;
    }
    try {
      await this.#launch(job, launch);
    } catch (error) {
      if (!signal.aborted) log.error("cannot launch periodic job", { jobID: job.ID, error });
    }
  }

  async #launch(parent: Job, when: Instant): Promise<Launched> {
    const { state, runtime } = this.#tenure;
    const id = childID(parent.ID, when);
    const child: Job = { ...parent, ID: id, Name: id, ParentID: parent.ID, Periodic: null };
    const launched = evaluation.parse({
      ID: runtime.random.uuid(),
      Namespace: parent.Namespace,
      Priority: child.Priority,
      Type: child.Type,
      TriggeredBy: "periodic-job",
      JobID: child.ID,
      Status: "pending",
    });
    const { index } = await state.propose(jobRegister, { Job: child, Eval: launched });
    return { evaluation: launched, index };
  }
}

/** True for a job that this leader launches by the clock. */
function isLaunched(job: Job): boolean {
  return isPeriodic(job) && !job.Stop;
}

function nextOf(job: Job, after: Instant): Instant | undefined {
  const next = job.Periodic === null ? undefined : nextLaunch(job.Periodic, after);
  return next === undefined ? undefined : instantOf(next);
}

/** A child lives while something of it is not over. Source: `prohibit_overlap` of Nomad 0.4.1. */
function hasLiveChild(view: StateView, parent: Job): boolean {
  const parentKey = keyOf(parent);
  for (const child of view.jobs.withPrefix(jobKey(parent.Namespace, `${parent.ID}/periodic-`))) {
    if (jobKey(child.Namespace, child.ParentID) !== parentKey) continue;
    const key = keyOf(child);
    if (view.evaluations.hasAny("activeJob", key) || view.allocations.hasAny("activeJob", key)) return true;
  }
  return false;
}

function keyOf(job: Pick<Job, "Namespace" | "ID">): string {
  return jobKey(job.Namespace, job.ID);
}
