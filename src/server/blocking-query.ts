import {
  type Duration,
  type Happening,
  later,
  minutes,
  type Random,
  type Signal,
  shorter,
  times,
  whenAborted,
} from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import { RecordedReads, type StateView } from "../state/index.ts";
import type { ReplicatedState } from "./replicated-state.ts";

const longestWait = minutes(5);
/** The wait is one of so many: timers of the same length cost the platform far less than each of its own. */
const stepsOfChance = 64;

/** When to answer, and for how long to wait for that. */
export interface BlockingOptions {
  /** Answer only when the result is newer; 0 answers at once. */
  readonly minQueryIndex: number;
  /** Nanoseconds; nothing, and anything above five minutes, means five minutes. */
  readonly maxQueryTime: number;
  /** When one of them fires it is no use to wait any more. */
  readonly signals: readonly Signal[];
  /** What those who are woken wait for until they may look again; by default they look soon. */
  readonly passing?: Happening;
}

/** A result and the index that says how new it is. */
export interface Indexed<Result> {
  readonly result: Result;
  readonly index: number;
}

/** What is read from a view, with the index that says how new it is. */
interface Found {
  readonly index: number;
}

interface World {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Runs `read` until its index is above `minQueryIndex`, time is up, or another state has taken the place of the one that
 * was asked about; then the present result is the answer. Only
 * a change to something that `read` looked at can wake it. Up to a sixteenth is added to the wait by chance, so that
 * clients that came together do not come back together. Rejects with the reason of a signal.
 */
export function blockingQuery<Read extends Found>(
  state: ReplicatedState,
  world: World,
  options: BlockingOptions,
  read: (view: StateView) => Read,
): Promise<Read> {
  return new Promise((resolve, reject) => {
    if (options.minQueryIndex <= 0) return resolve(read(state.view()));
    const reads = new RecordedReads();
    const found = read(state.view().noting(reads));
    if (found.index > options.minQueryIndex) return resolve(found);
    for (const signal of options.signals) signal.throwIfAborted();
    new WaitingQuery<Read>(state, options, read, { resolve, reject }).begin(world, reads);
  });
}

/** A question that waits. Of these there are thousands, which wait for minutes, so it is one object and no chain of promises. */
class WaitingQuery<Read extends Found> {
  readonly #state: ReplicatedState;
  readonly #options: BlockingOptions;
  readonly #read: (view: StateView) => Read;
  readonly #asker: { resolve(found: Read): void; reject(reason: unknown): void };
  readonly #replacements: number;
  /** How to wait no longer for what the whole question waits for: time, and signals. */
  readonly #stops: (() => void)[] = [];
  /** How to wait no longer for a change, or for the turn to look. */
  #stop: () => void = nothing;
  #isLate = false;
  /** Something happened, and it is about to look. */
  #isRoused = false;

  constructor(
    state: ReplicatedState,
    options: BlockingOptions,
    read: (view: StateView) => Read,
    asker: { resolve(found: Read): void; reject(reason: unknown): void },
  ) {
    this.#state = state;
    this.#options = options;
    this.#read = read;
    this.#asker = asker;
    this.#replacements = state.replacements;
  }

  begin({ clock, random }: World, reads: RecordedReads): void {
    const { maxQueryTime, signals } = this.#options;
    const asked = maxQueryTime > 0 ? shorter(longestWait, maxQueryTime as Duration) : longestWait;
    const chance = Math.floor(random.fraction() * stepsOfChance) / stepsOfChance;
    const deadline = later(clock.now(), times(asked, 1 + chance / 16));
    const timeIsUp = () => {
      this.#isLate = true;
      this.#rouse();
    };
    this.#stops.push(clock.at(deadline, timeIsUp));
    for (const signal of signals) this.#stops.push(whenAborted(signal, () => this.#abandon(signal.reason)));
    this.#await(reads);
  }

  #await(reads: RecordedReads): void {
    this.#isRoused = false;
    this.#stop = this.#state.watch(reads, () => {
      this.#stop = nothing;
      this.#rouse();
    });
  }

  #rouse(): void {
    if (this.#isRoused) return;
    this.#isRoused = true;
    this.#stop();
    this.#stop = (this.#options.passing ?? soon)(() => this.#look());
  }

  #look(): void {
    const reads = new RecordedReads();
    try {
      const found = this.#read(this.#state.view().noting(reads));
      const isOver = this.#isLate || this.#state.replacements !== this.#replacements;
      if (found.index <= this.#options.minQueryIndex && !isOver) this.#await(reads);
      else this.#answer(found);
    } catch (error) {
      this.#abandon(error);
    }
  }

  #answer(found: Read): void {
    this.#end();
    this.#asker.resolve(found);
  }

  #abandon(reason: unknown): void {
    this.#stop();
    this.#end();
    this.#asker.reject(reason);
  }

  #end(): void {
    for (const stop of this.#stops) stop();
  }
}

/** When all that happens in one go has happened. */
const soon: Happening = (happened) => {
  let isWaiting = true;
  queueMicrotask(() => isWaiting && happened());
  return () => {
    isWaiting = false;
  };
};

function nothing(): void {}
