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

/** To go once around the platform's event loop costs as much as many an event: so many macrotasks are asked for at a time. */
const macrotasksAtOnce = 64;

/** Calls `turn` again and again, with all promises at rest in between, until it gives true. Rejects with what it throws. */
function turns(turn: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const next = () => {
      if (isOver) return;
      try {
        isOver = turn();
        if (isOver) resolve();
      } catch (error) {
        isOver = true;
        reject(error);
      }
    };
    const more = () => {
      if (isOver) return;
      for (let asked = 0; asked < macrotasksAtOnce; asked++) nextMacrotask(next);
      nextMacrotask(more);
    };
    more();
  });
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
  let hasStepped = false;
  await turns(() => {
    if (hasStepped) stepped();
    if (isDone) return true;
    if (time.next() === undefined) throw new NothingHappens("everything waits for something that never happens");
    time.step();
    hasStepped = true;
    return false;
  });
  return promise;
}
