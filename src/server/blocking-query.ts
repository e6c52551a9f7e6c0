import { type Duration, firstOf, later, minutes, type Random, shorter, times } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import { RecordedReads, type StateView } from "../state/index.ts";
import type { ReplicatedState } from "./replicated-state.ts";
import type { Turnstile } from "./turnstile.ts";

const longestWait = minutes(5);

/** When to answer, and for how long to wait for that. */
export interface BlockingOptions {
  /** Answer only when the result is newer; 0 answers at once. */
  readonly minQueryIndex: number;
  /** Nanoseconds; nothing, and anything above five minutes, means five minutes. */
  readonly maxQueryTime: number;
  readonly signal: AbortSignal;
  /** Where those who are woken wait until they may look again. */
  readonly turnstile?: Turnstile;
}

/** A result and the index that says how new it is. */
export interface Indexed<Result> {
  readonly result: Result;
  readonly index: number;
}

/**
 * Runs `read` until its index is above `minQueryIndex`, time is up, or another state has taken the place of the one that
 * was asked about; then the present result is the answer. Only
 * a change to something that `read` looked at can wake it. Up to a sixteenth is added to the wait by chance, so that
 * clients that came together do not come back together. Rejects with the signal's reason.
 */
export async function blockingQuery<Result>(
  state: ReplicatedState,
  world: { readonly clock: Clock; readonly random: Random },
  options: BlockingOptions,
  read: (view: StateView) => Indexed<Result>,
): Promise<Indexed<Result>> {
  const { minQueryIndex, maxQueryTime, signal, turnstile } = options;
  if (minQueryIndex <= 0) return read(state.view());
  const asked = maxQueryTime > 0 ? shorter(longestWait, maxQueryTime as Duration) : longestWait;
  const { replacements } = state;
  const deadline = later(world.clock.now(), times(asked, 1 + world.random.fraction() / 16));
  for (;;) {
    const reads = new RecordedReads();
    const found = read(state.view().noting(reads));
    const isOver = world.clock.now() >= deadline || state.replacements !== replacements;
    if (found.index > minQueryIndex || isOver) return found;
    await firstOf(
      signal,
      (changed) => state.watch(reads, changed),
      (passed) => world.clock.at(deadline, passed),
    );
    await turnstile?.pass(signal);
    signal.throwIfAborted();
  }
}
