import { type Instant, instantOf, WakeUp } from "../../base/index.ts";
import {
  childID,
  type Evaluation,
  evaluation,
  isPeriodic,
  isTerminalAllocation,
  isTerminalEvaluation,
  type Job,
  nextLaunch,
} from "../../model/index.ts";
import { jobKey, jobRegister, type StateView } from "../../state/index.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

/** Launches children of periodic jobs when their time comes, and after a failover those whose time was missed. */
export class PeriodicDispatcher implements LeaderDuty {
  readonly name = "periodic dispatcher";
  readonly #tenure: Tenure;
  readonly #changed = new WakeUp();
  /** When each job, by its key, launches next. */
  readonly #next = new Map<string, Instant>();

  constructor(tenure: Tenure) {
    this.#tenure = tenure;
  }

  async run(): Promise<void> {
    const { clock } = this.#tenure.runtime;
    const { state, signal } = this.#tenure;
    const stopObserving = state.observe((applied) => {
      for (const change of applied.changes) if (change.table === "jobs") this.#track(change.key, change.after);
    });
    for (const job of state.view().jobs.all()) this.#restore(job);
    try {
      while (!signal.aborted) {
        for (const [key, when] of [...this.#next]) if (when <= clock.now()) await this.#launchDue(key, when);
        const next = [...this.#next.values()].reduce<Instant | undefined>(
          (first, when) => (first === undefined || when < first ? when : first),
          undefined,
        );
        const cancel = next === undefined ? undefined : clock.at(next, () => this.#changed.notify());
        await this.#changed.wait(signal);
        cancel?.();
      }
    } finally {
      stopObserving();
    }
  }

  /** Launches a child now, also while another runs; returns its evaluation and the index it was stored at. */
  async force(job: Job): Promise<{ readonly evaluation: Evaluation; readonly index: number }> {
    return this.#launch(job, this.#tenure.runtime.clock.now());
  }

  #track(key: string, job: Job | undefined): void {
    if (job === undefined || job.Stop || job.Periodic === null || !isPeriodic(job)) this.#next.delete(key);
    else this.#schedule(key, job, this.#tenure.runtime.clock.now());
    this.#changed.notify();
  }

  /** What should have been launched while there was no leader is launched once, at once. */
  #restore(job: Job): void {
    const key = jobKey(job.Namespace, job.ID);
    this.#track(key, job);
    const last = this.#tenure.state.view().periodicLaunches.get(key);
    if (last !== undefined && this.#next.has(key)) this.#schedule(key, job, instantOf(last.Launch));
  }

  #schedule(key: string, job: Job, after: Instant): void {
    const next = job.Periodic === null ? undefined : nextLaunch(job.Periodic, after);
    if (next === undefined) this.#next.delete(key);
    else this.#next.set(key, instantOf(next));
  }

  async #launchDue(key: string, when: Instant): Promise<void> {
    const { state, runtime, signal } = this.#tenure;
    const view = state.view();
    const job = view.jobs.get(key);
    if (job === undefined || job.Periodic === null) return;
    this.#schedule(key, job, runtime.clock.now());
    const log = runtime.log.named("nomad.periodic");
    if (job.Periodic.ProhibitOverlap && hasLiveChild(view, job)) {
      log.debug("skipping launch because the previous child still runs", { jobID: job.ID });
      return;
    }
    await this.#launch(job, when).catch((error: unknown) => {
      if (!signal.aborted) log.error("cannot launch periodic job", { jobID: job.ID, error });
    });
  }

  async #launch(parent: Job, when: Instant): Promise<{ readonly evaluation: Evaluation; readonly index: number }> {
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

function hasLiveChild(view: StateView, parent: Job): boolean {
  for (const job of view.jobs.withPrefix(jobKey(parent.Namespace, `${parent.ID}/periodic-`))) {
    if (job.ParentID !== parent.ID) continue;
    const key = jobKey(job.Namespace, job.ID);
    const busy =
      [...view.evaluations.by("job", key)].some((evaluation) => !isTerminalEvaluation(evaluation)) ||
      [...view.allocations.by("job", key)].some((allocation) => !isTerminalAllocation(allocation));
    if (busy) return true;
  }
  return false;
}
