import type { Signal } from "./signal.ts";
import { whenAborted } from "./when-aborted.ts";

/**
 * Something that may come about. Takes whom to call when it does, never before it has returned, and returns how to
 * wait for it no longer.
 */
export type Happening = (happened: () => void) => () => void;

/**
 * Resolves when the first of `happenings` comes about or `signal` fires, and then waits for none of them any more.
 * It does not say which it was: look at what you wait for again, then at the signal.
 */
export function firstOf(signal: Signal, ...happenings: readonly Happening[]): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    let stops: readonly (() => void)[] = [];
    const over = () => {
      for (const stop of stops) stop();
      resolve();
    };
    const unheard = whenAborted(signal, over);
    stops = [unheard, ...happenings.map((happening) => happening(over))];
  });
}
