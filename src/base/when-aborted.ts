/** By signal, who is to be called; one listener of the signal's own calls them all. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once, when `signal` fires, in the order of being asked; the result stops that. A signal itself looks through
 * all its listeners whenever one comes or goes, and thousands of questions that wait have one signal in common; it keeps the
 * one listener that it is given here.
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const acts = waiting.get(signal) ?? listenTo(signal);
  const called = () => act();
  acts.add(called);
  return () => {
    acts.delete(called);
  };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  waiting.set(signal, acts);
  const fired = () => {
    for (const act of acts) {
      acts.delete(act);
      act();
    }
  };
  signal.addEventListener("abort", fired, { once: true });
  return acts;
}
