import type { LamportTime } from "../wire/serf-messages.ts";

/** How far back times are remembered, as in Serf. */
const SLOTS = 512;
/** What may happen at one time; more is not believed. */
const MAX_IN_SLOT = 1_024;

interface Slot<Value> {
  readonly time: LamportTime;
  readonly values: Value[];
}

/** What was heard lately, so that nothing counts twice. What is older than it remembers is not news either. */
export class Recent<Value> {
  readonly #slots: (Slot<Value> | undefined)[] = [];
  readonly #isSame: (a: Value, b: Value) => boolean;
  #notBefore: LamportTime;

  /** Nothing from before `notBefore` is news. */
  constructor(notBefore: LamportTime, isSame: (a: Value, b: Value) => boolean) {
    this.#notBefore = notBefore;
    this.#isSame = isSame;
  }

  ignoreBefore(time: LamportTime): void {
    if (time > this.#notBefore) this.#notBefore = time;
  }

  /** Remembers; false if it is not news. `clock` is where the Lamport clock of these stands. */
  add(time: LamportTime, value: Value, clock: LamportTime): boolean {
    if (time < this.#notBefore || (clock > SLOTS && time < clock - SLOTS)) return false;
    const at = time % SLOTS;
    const slot = this.#slots[at];
    if (slot === undefined || slot.time !== time) {
      this.#slots[at] = { time, values: [value] };
      return true;
    }
    if (slot.values.length >= MAX_IN_SLOT || slot.values.some((other) => this.#isSame(other, value))) return false;
    slot.values.push(value);
    return true;
  }

  all(): readonly Value[] {
    return this.#slots.flatMap((slot) => slot?.values ?? []);
  }
}
