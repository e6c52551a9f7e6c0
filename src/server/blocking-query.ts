import { type Duration, type Instant, later, minutes, type Random, shorter, times } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import { RecordedReads, type StateView } from "../state/index.ts";
import type { ReplicatedState } from "./replicated-state.ts";

const longestWait = minutes(5);

export interface BlockingOptions {
  /** Answer only when the result is newer; 0 answers at once. */
  readonly minQueryIndex: number;
  /** Nanoseconds; 0 and anything above five minutes mean five minutes. */
  readonly maxQueryTime: number;
  readonly signal: AbortSignal;
}

/** A result and the index that says how new it is. */
export interface Indexed<Result> {
  readonly result: Result;
  readonly index: number;
}

/**
 * Runs `read` until its index is above `minQueryIndex` or time is up; then the present result is the answer. Only
 * a change to something that `read` looked at can wake it. A random sixteenth is added to the wait, so that
 * clients that came together do not come back together.
 */
export async function blockingQuery<Result>(
  state: ReplicatedState,
  world: { readonly clock: Clock; readonly random: Random },
  options: BlockingOptions,
  read: (view: StateView) => Indexed<Result>,
): Promise<Indexed<Result>> {
  if (options.minQueryIndex <= 0) return read(state.view());
  const asked = options.maxQueryTime > 0 ? shorter(longestWait, options.maxQueryTime as Duration) : longestWait;
  const deadline = later(world.clock.now(), times(asked, 1 + world.random.fraction() / 16));
  for (;;) {
    const reads = new RecordedReads();
    const found = read(state.view().noting(reads));
    if (found.index > options.minQueryIndex || world.clock.now() >= deadline) return found;
    await changeOrDeadline(state, world.clock, { reads, deadline, signal: options.signal });
    if (options.signal.aborted) throw options.signal.reason;
  }
}

/** A view at `index` or newer; rejects if this server does not get there within `timeout`. */
export async function waitForIndex(
  state: ReplicatedState,
  clock: Clock,
  wanted: { readonly index: number; readonly timeout: Duration; readonly signal: AbortSignal },
): Promise<StateView> {
  if (state.view().index >= wanted.index) return state.view();
  const deadline = later(clock.now(), wanted.timeout);
  await new Promise<void>((resolve) => {
    const done = () => {
      stopObserving();
      cancelDeadline();
      wanted.signal.removeEventListener("abort", done);
      resolve();
    };
    const stopObserving = state.observe((applied) => {
      if (applied.index >= wanted.index) done();
    });
    const cancelDeadline = clock.at(deadline, done);
    wanted.signal.addEventListener("abort", done);
  });
  if (wanted.signal.aborted) throw wanted.signal.reason;
  const view = state.view();
  if (view.index < wanted.index) throw new Error(`state is at index ${view.index}, not yet at ${wanted.index}`);
  return view;
}

function changeOrDeadline(
  state: ReplicatedState,
  clock: Clock,
  wait: { readonly reads: RecordedReads; readonly deadline: Instant; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stopWatching();
      cancelDeadline();
      wait.signal.removeEventListener("abort", done);
      resolve();
    };
    const stopWatching = state.watch(wait.reads, done);
    const cancelDeadline = clock.at(wait.deadline, done);
    wait.signal.addEventListener("abort", done);
    if (wait.signal.aborted) done();
  });
}
