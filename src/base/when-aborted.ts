/** By signal, who is to be called; one listener of the signal's own calls them all. */
const waiting = new WeakMap<AbortSignal, Waiting>();

interface Waiting {
  readonly acts: Set<() => void>;
  readonly fired: () => void;
}

/**
 * Calls back once, when `signal` fires, in the order of being asked; the result stops that. A signal itself looks through
 * all its listeners whenever one comes or goes, and thousands of questions that wait have one signal in common.
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const { acts, fired } = waiting.get(signal) ?? listenTo(signal);
  const called = () => act();
  acts.add(called);
  return () => {
    if (!acts.delete(called) || acts.size > 0) return;
    signal.removeEventListener("abort", fired);
    waiting.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const acts = new Set<() => void>();
  const fired = () => {
    waiting.delete(signal);
    for (const act of acts) {
      acts.delete(act);
      act();
    }
  };
  const begun: Waiting = { acts, fired };
  waiting.set(signal, begun);
  signal.addEventListener("abort", fired, { once: true });
  return begun;
}
