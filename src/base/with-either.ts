/**
 * What `act` comes to, which is given a signal that fires with the first of `signals`, for its reason. Once `act` has settled
 * the signal is let go and fires no more. `AbortSignal.any` without its price: that one is tracked by the garbage collector,
 * and never collected while somebody listens to it.
 */
export async function withEither<Result>(
  signals: readonly AbortSignal[],
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const either = new AbortController();
  const fire = ({ target }: Event) => either.abort((target as AbortSignal).reason);
  const fired = signals.find(({ aborted }) => aborted);
  if (fired === undefined) for (const signal of signals) signal.addEventListener("abort", fire);
  else either.abort(fired.reason);
  try {
    return await act(either.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", fire);
  }
}
