import { between, type Duration, type Instant, type Random } from "../../base/index.ts";
import type { NodeState } from "../wire/push-pull.ts";
import type { NodeDescription } from "../wire/swim-messages.ts";

/** What is known of a member. */
export interface MemberRecord {
  node: NodeDescription;
  incarnation: number;
  state: NodeState;
  /** Since when it is in this state. */
  since: Instant;
}

/** Everybody we have heard of, and in which order they are probed. */
export class Members {
  readonly #self: string;
  readonly #random: Random;
  readonly #records = new Map<string, MemberRecord>();
  /** A new member is put in at random, so that all do not begin with the same. */
  #round: MemberRecord[] = [];
  #next = 0;

  constructor(self: string, random: Random) {
    this.#self = self;
    this.#random = random;
  }

  get size(): number {
    return this.#records.size;
  }

  get(name: string): MemberRecord | undefined {
    return this.#records.get(name);
  }

  all(): Iterable<MemberRecord> {
    return this.#records.values();
  }

  add(record: MemberRecord): MemberRecord {
    this.#records.set(record.node.name, record);
    this.#round.splice(this.#random.below(this.#round.length + 1), 0, record);
    return record;
  }

  /** Whether anybody but us is alive. */
  hasLiveOthers(): boolean {
    return this.#records.values().some((record) => this.#isOther(record) && isLive(record));
  }

  /** At most `count` others that pass, drawn by lot. */
  pick(count: number, passes: (record: MemberRecord) => boolean): readonly MemberRecord[] {
    const candidates = [...this.#records.values()].filter((record) => this.#isOther(record) && passes(record));
    return shuffled(candidates, this.#random, count);
  }

  /** Who is probed next; undefined when there is nobody. Every round goes in another order. */
  nextToProbe(now: Instant, forgetAfter: Duration): MemberRecord | undefined {
    for (let looked = 0; looked <= this.#records.size; looked++) {
      if (this.#next >= this.#round.length) this.#beginRound(now, forgetAfter);
      const record = this.#round[this.#next++];
      if (record !== undefined && this.#isOther(record) && isLive(record)) return record;
    }
    return undefined;
  }

  /** Forgets who has been dead for long, but for ourselves: who has left still serves for a while. */
  #beginRound(now: Instant, forgetAfter: Duration): void {
    for (const record of [...this.#records.values()]) {
      if (!this.#isOther(record) || isLive(record) || between(record.since, now) <= forgetAfter) continue;
      this.#records.delete(record.node.name);
    }
    this.#round = shuffled([...this.#records.values()], this.#random, this.#records.size);
    this.#next = 0;
  }

  #isOther(record: MemberRecord): boolean {
    return record.node.name !== this.#self;
  }
}

/** A suspect counts as alive until the verdict. */
export function isLive({ state }: MemberRecord): boolean {
  return state === "alive" || state === "suspect";
}

/** The first `count` of a random order; the list given is used up. */
function shuffled<Value>(values: Value[], random: Random, count: number): Value[] {
  const end = Math.min(count, values.length);
  for (let at = 0; at < end; at++) {
    const other = at + random.below(values.length - at);
    [values[at], values[other]] = [values[other] as Value, values[at] as Value];
  }
  return values.slice(0, end);
}
