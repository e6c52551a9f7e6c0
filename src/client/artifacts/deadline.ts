import { between, type Duration, later, withEither } from "../../base/index.ts";
import type { Clock } from "../../runtime/index.ts";

/** What `act` comes to within `time`; then, or when `signal` fires, its own signal does. `late` makes the reason. */
export async function within<Result>(
  clock: Clock,
  { time, late, signal }: { readonly time: Duration; readonly late: () => Error; readonly signal: AbortSignal },
  act: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const timedOut = new AbortController();
  const cancel = clock.at(later(clock.now(), time), () => timedOut.abort(late()));
  try {
    return await withEither([signal, timedOut.signal], act);
  } finally {
    cancel();
  }
}

/** Fires a signal when nothing was heard for a while. */
export class StallWatch {
  readonly #clock: Clock;
  readonly #time: Duration;
  readonly #late: () => Error;
  readonly #stalled = new AbortController();
  #lastHeard;
  #cancel = () => {};

  constructor(clock: Clock, time: Duration, late: () => Error) {
    this.#clock = clock;
    this.#time = time;
    this.#late = late;
    this.#lastHeard = clock.now();
    this.#wait();
  }

  get signal(): AbortSignal {
    return this.#stalled.signal;
  }

  heard(): void {
    this.#lastHeard = this.#clock.now();
  }

  close(): void {
    this.#cancel();
  }

  #wait(): void {
    this.#cancel = this.#clock.at(later(this.#lastHeard, this.#time), () => {
      if (between(this.#lastHeard, this.#clock.now()) < this.#time) this.#wait();
      else this.#stalled.abort(this.#late());
    });
  }
}
