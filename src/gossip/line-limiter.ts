import { between, type Instant, seconds } from "../base/index.ts";

/** Sources and lines in a second; whoever floods us shall not fill the disk with complaints. */
const MAX_SOURCES = 1_024;
const MAX_LINES = 10;

/** Lets one line a second through for each source, and a few for all together. */
export class LineLimiter {
  #since: Instant | undefined;
  #sources = new Set<string>();
  #lines = 0;

  /** Whether a line about `source` may be written now; if so it counts as written. */
  allows(now: Instant, source: string): boolean {
    if (this.#since === undefined || between(this.#since, now) >= seconds(1)) {
      [this.#since, this.#lines] = [now, 0];
      this.#sources.clear();
    }
    if (this.#lines >= MAX_LINES || this.#sources.size >= MAX_SOURCES || this.#sources.has(source)) return false;
    this.#sources.add(source);
    this.#lines += 1;
    return true;
  }
}
