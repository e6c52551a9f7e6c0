import type { Signal } from "./signal.ts";
import { whenAborted } from "./when-aborted.ts";

/**
 * What `act` comes to, which is given a signal that fires with the first of `signals`, for its reason. Once `act` has settled
 * the signal is let go and fires no more. `AbortSignal.any` without its price: that one is tracked by the garbage collector,
 * and never collected while somebody listens to it.
 */
export async function withEither<Result>(
  signals: readonly Signal[],
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const either = new AbortController();
  const fired = signals.find(({ aborted }) => aborted);
  if (fired !== undefined) either.abort(fired.reason);
  const stops =
    fired === undefined ? signals.map((signal) => whenAborted(signal, () => either.abort(signal.reason))) : [];
  try {
    return await act(either.signal);
  } finally {
    for (const stop of stops) stop();
  }
}
