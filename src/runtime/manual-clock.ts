import { type Duration, type Instant, instantOf, later, milliseconds, nanoseconds } from "../base/index.ts";
import type { Clock } from "./clock.ts";
import { sleepOn } from "./pause.ts";

/** Promises that one step of a test may wait on in a row: no chain of them is longer than this. */
const turnsToSettle = 300;

interface Alarm {
  readonly when: Instant;
  readonly wake: () => void;
}

/** Time that stands still until a test moves it on. */
export class ManualClock implements Clock {
  #now: Instant;
  /** In the order in which they were asked for. */
  readonly #alarms: Alarm[] = [];
  #wallAhead = milliseconds(0);

  constructor(start: Instant = instantOf(0)) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  wallTime(): Instant {
    return later(this.#now, this.#wallAhead);
  }

  /** Somebody sets the machine's clock, ahead or back. */
  setWallClock(by: Duration): void {
    this.#wallAhead = nanoseconds(this.#wallAhead + by);
  }

  at(when: Instant, wake: () => void): () => void {
    const alarm = { when, wake };
    this.#alarms.push(alarm);
    return () => this.#drop(alarm);
  }

  sleep(time: Duration, signal: AbortSignal): Promise<void> {
    return sleepOn(this, time, signal);
  }

  /** How many wakes are asked for: a test can see that nothing was left behind. */
  get waiting(): number {
    return this.#alarms.length;
  }

  /** Lets `time` pass: each alarm at its own instant, one after the other, and everything that follows from each. */
  async advance(time: Duration): Promise<void> {
    const end = later(this.#now, time);
    await settled();
    for (let alarm = this.#nextUntil(end); alarm !== undefined; alarm = this.#nextUntil(end)) {
      this.#drop(alarm);
      this.#now = instantOf(Math.max(alarm.when, this.#now));
      alarm.wake();
      await settled();
    }
    this.#now = end;
  }

  /** The process stands still for `time`: what was due meanwhile comes late, when `advance` lets it go on. */
  standStill(time: Duration): void {
    this.#now = later(this.#now, time);
  }

  #drop(alarm: Alarm): void {
    const place = this.#alarms.indexOf(alarm);
    if (place >= 0) this.#alarms.splice(place, 1);
  }

  /** Of alarms for one instant, the one that was asked for first. */
  #nextUntil(end: Instant): Alarm | undefined {
    const due = this.#alarms.filter(({ when }) => when <= end);
    return due.sort((a, b) => a.when - b.when)[0];
  }
}

/** Lets promises that wait for nothing but each other come to rest. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < turnsToSettle; turn++) await undefined;
}
