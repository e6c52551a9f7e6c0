import { type Duration, type Instant, later, latest, milliseconds, soonest } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { EntryContent, LogIndex } from "./core/log-entry.ts";

/** When so many proposals came for two batches, more are waited for: a batch costs much the same for one and for many. */
const MANY_TOGETHER = 4;

/** The least time from one batch to the next while many come together. */
const BATCH_EVERY = milliseconds(4);

/** What somebody wants to have logged, and is told of once it is applied, or why it is not. */
export interface OpenProposal {
  readonly content: EntryContent;
  readonly since: Instant;
  resolve(applied: { index: LogIndex; result: unknown }): void;
  reject(error: Error): void;
}

/**
 * Proposals on their way to the core, in batches: what comes while the log is written, or in one tick, goes out together, as one
 * write, one sync and one message for all of it. Where many come together, batches keep a distance, so that they are worth
 * their cost; whoever comes alone does not wait, unless it has patience.
 */
export class ProposalBatches {
  readonly #clock: Clock;
  readonly #propose: (batch: readonly OpenProposal[]) => void;
  #gathered: OpenProposal[] = [];
  /** When these are to go out, for the least patient of them. */
  #due: Instant | undefined;
  #last: { readonly at: Instant; readonly size: number } | undefined;
  /** The wait for more, if one is on. */
  #waiting: { readonly until: Instant; readonly end: () => void } | undefined;

  constructor(clock: Clock, propose: (batch: readonly OpenProposal[]) => void) {
    this.#clock = clock;
    this.#propose = propose;
  }

  get size(): number {
    return this.#gathered.length;
  }

  /** It goes out `patience` after its `since` at the latest, once `goOut` was called since. */
  add(proposal: OpenProposal, patience: Duration): void {
    this.#gathered.push(proposal);
    const due = later(proposal.since, patience);
    this.#due = soonest(due, this.#due ?? due);
  }

  /** Lets what is gathered go out when its time has come: nothing is being written. */
  goOut(): void {
    if (this.#gathered.length === 0) return;
    const now = this.#clock.now();
    const last = this.#last;
    const isBusy = last !== undefined && last.size + this.#gathered.length >= MANY_TOGETHER;
    const due = this.#due ?? now;
    const until = isBusy ? latest(due, later(last.at, BATCH_EVERY)) : due;
    if (this.#waiting !== undefined && this.#waiting.until <= until) return;
    this.#waiting?.end();
    const flush = () => this.flush();
    if (until > now) this.#waiting = { until, end: this.#clock.at(until, flush) };
    else {
      this.#waiting = { until, end: () => undefined };
      queueMicrotask(flush);
    }
  }

  /** Proposes what is gathered at once. */
  flush(): void {
    const batch = this.abandon();
    if (batch.length === 0) return;
    this.#last = { at: this.#clock.now(), size: batch.length };
    this.#propose(batch);
  }

  /** Gives back what is gathered, and waits for nothing more. */
  abandon(): readonly OpenProposal[] {
    this.#waiting?.end();
    this.#waiting = undefined;
    this.#due = undefined;
    const batch = this.#gathered;
    this.#gathered = [];
    return batch;
  }
}
