import { setTimeout as startTimer } from "node:timers";
import { between, type Duration, type Instant, inMilliseconds, instantOf, isBefore } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import { sleepOn } from "../pause.ts";

/** The longest time a timer of the platform can wait, in milliseconds; more is waited for in turns. */
const longestTimer = 2 ** 31 - 1;

/**
 * The wall clock as it was when the process began, moved on by the monotonic clock: setting the machine's time
 * neither turns it back nor makes timers fire.
 */
export class NodeClock implements Clock {
  now(): Instant {
    return instantOf(Math.round((performance.timeOrigin + performance.now()) * 1e6));
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
