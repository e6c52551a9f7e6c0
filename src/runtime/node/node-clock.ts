import { setTimeout as startTimer } from "node:timers";
import {
  between,
  type Duration,
  type Instant,
  inMilliseconds,
  instantOf,
  isBefore,
  later,
  milliseconds,
  nanoseconds,
} from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import { sleepOn } from "../pause.ts";

/** The longest time a timer of the platform can wait, in milliseconds; more is waited for in turns. */
const longestTimer = 2 ** 31 - 1;

/** The wall clock, in whole milliseconds, counts as set when it is off by more than this. */
const setAt = milliseconds(20);

/**
 * The wall clock as it was when the process began, moved on by the monotonic clock: setting the machine's time
 * neither turns it back nor makes timers fire.
 */
export class NodeClock implements Clock {
  readonly #readWallClock: () => number;
  /** How far the wall clock has been set, or has gone on while the machine was suspended. */
  #wallAhead = milliseconds(0);

  /** The wall clock tells milliseconds since the epoch. */
  constructor(readWallClock: () => number = Date.now) {
    this.#readWallClock = readWallClock;
  }

  now(): Instant {
    return instantOf(Math.round((performance.timeOrigin + performance.now()) * 1e6));
  }

  /** Counted by the monotonic clock for as long as the wall clock agrees: finer than that, and in order. */
  wallTime(): Instant {
    const counted = later(this.now(), this.#wallAhead);
    const off = between(counted, instantOf(this.#readWallClock() * 1e6));
    if (Math.abs(off) <= setAt) return counted;
    this.#wallAhead = nanoseconds(this.#wallAhead + off);
    return later(counted, off);
  }

  at(when: Instant, wake: () => void): () => void {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const now = this.now();
      if (!isBefore(now, when)) return wake();
      timer = startTimer(wait, Math.min(Math.ceil(inMilliseconds(between(now, when))), longestTimer));
    };
    // The first turn always goes through a timer: `wake` never runs before `at` has returned.
    const first = Math.max(0, Math.ceil(inMilliseconds(between(this.now(), when))));
    timer = startTimer(wait, Math.min(first, longestTimer));
    return () => clearTimeout(timer);
  }

  sleep(time: Duration, signal: AbortSignal): Promise<void> {
    return sleepOn(this, time, signal);
  }
}
