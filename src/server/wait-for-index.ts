import { type Duration, firstOf, later, type Signal } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { StateView } from "../state/index.ts";
import type { ReplicatedState } from "./replicated-state.ts";

/**
 * A view at `index` or newer. Rejects if this server does not get there within `timeout`, or with the signal's
 * reason.
 */
export async function waitForIndex(
  state: ReplicatedState,
  clock: Clock,
  wanted: { readonly index: number; readonly timeout: Duration; readonly signal: Signal },
): Promise<StateView> {
  const deadline = later(clock.now(), wanted.timeout);
  while (state.view().index < wanted.index) {
    wanted.signal.throwIfAborted();
    if (clock.now() >= deadline) throw new Error(`state is at index ${state.view().index}, not yet at ${wanted.index}`);
    await firstOf(
      wanted.signal,
      (there) => state.observe(({ index }) => index >= wanted.index && there()),
      (passed) => clock.at(deadline, passed),
    );
  }
  return state.view();
}
