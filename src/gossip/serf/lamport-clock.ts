import type { LamportTime } from "../wire/serf-messages.ts";

/**
 * Orders what happens without clocks on walls: it counts up with each event of our own, and jumps past whatever is
 * heard of. Source: Lamport, Time, Clocks, and the Ordering of Events in a Distributed System (1978).
 */
export class LamportClock {
  #time: LamportTime;

  /** Goes on after `seen`. */
  constructor(seen: LamportTime = 0) {
    this.#time = seen + 1;
  }

  get time(): LamportTime {
    return this.#time;
  }

  /** The time of a new event. */
  next(): LamportTime {
    return this.#time++;
  }

  /** Something happened at `time`. */
  witness(time: LamportTime): void {
    if (time >= this.#time) this.#time = time + 1;
  }

  /** Another's clock stands at `time`: all before it has happened. */
  witnessClock(time: LamportTime): void {
    if (time > 0) this.witness(time - 1);
  }
}
