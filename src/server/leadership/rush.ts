import { between, type Duration, type Instant, milliseconds, seconds } from "../../base/index.ts";

/** So many in so short a time are a rush. */
const many = 32;
const shortTime: Duration = milliseconds(100);

/** Who came first has waited for so long then. */
const longest: Duration = seconds(30);

/**
 * Tells whether many jobs are registered, one after the other: what is done for their evaluations meanwhile is taken from
 * those who register. A stream that goes on for half a minute is no rush any more, but how things are.
 */
export class Rush {
  /** When the last came, in a ring: the next takes the place of the first. */
  readonly #last: Instant[] = [];
  #next = 0;
  #began: Instant | undefined;

  /** A job was registered. */
  came(now: Instant): void {
    this.#last[this.#next] = now;
    this.#next = (this.#next + 1) % many;
    this.#began = this.#areClose(now) ? (this.#began ?? now) : undefined;
  }

  isOn(now: Instant): boolean {
    return this.#began !== undefined && between(this.#began, now) < longest && this.#areClose(now);
  }

  #areClose(now: Instant): boolean {
    const first = this.#last[this.#next];
    return first !== undefined && between(first, now) < shortTime;
  }
}
