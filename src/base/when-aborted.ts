import { callAll, PlainSignal, type Signal } from "./signal.ts";

/** By signal of the platform, who is to be called; one listener of the signal's own calls them all. */
const listening = new WeakMap<Signal, Map<() => void, () => void>>();

/**
 * Calls back once, when `signal` fires, in the order of being asked; the result stops that. A signal of the platform looks
 * through all its listeners whenever one comes or goes, and thousands of questions that wait have one signal in common; it
 * keeps the one listener that it is given here.
 */
export function whenAborted(signal: Signal, act: () => void): () => void {
  const waiting = signal instanceof PlainSignal ? signal.waiting : (listening.get(signal) ?? listenTo(signal));
  const stop = () => {
    waiting.delete(stop);
  };
  waiting.set(stop, act);
  return stop;
}

function listenTo(signal: Signal): Map<() => void, () => void> {
  const waiting = new Map<() => void, () => void>();
  listening.set(signal, waiting);
  (signal as AbortSignal).addEventListener("abort", () => callAll(waiting), { once: true });
  return waiting;
}
