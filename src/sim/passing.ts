import type { VirtualTime } from "./virtual-time.ts";

/** Taken before a world forbids it: promises must come to rest between two events. */
const nextMacrotask = setImmediate;

/** A promise waits for something that never happens: no event is left. */
export class NothingHappens extends Error {
  override readonly name = "NothingHappens";
}

/** Lets all promises that wait for nothing but each other come to rest. */
export function rest(): Promise<void> {
  return new Promise((resolve) => nextMacrotask(resolve));
}

/**
 * Lets time pass, event by event, until a promise has settled; gives its value, or throws what it was rejected with.
 * `stepped` is called after each event, and may throw to end the waiting. Throws `NothingHappens` when no event is left.
 */
export async function passing<Value>(
  time: VirtualTime,
  promise: Promise<Value>,
  stepped: () => void = () => {},
): Promise<Value> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  promise.then(done, done);
  await rest();
  while (!isDone) {
    if (time.next() === undefined) throw new NothingHappens("everything waits for something that never happens");
    time.step();
    await rest();
    stepped();
  }
  return promise;
}
