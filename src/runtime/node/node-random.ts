import { randomFillSync, randomInt, randomUUID } from "node:crypto";
import { flat, type Random } from "../../base/index.ts";

/** Drawn at once, for many fractions: to ask the system costs more than to use the answer. */
const DRAWN_BYTES = 6 * 256;

/** Chance from the operating system: what it draws cannot be foretold. */
export class NodeRandom implements Random {
  readonly #drawn = Buffer.alloc(DRAWN_BYTES);
  #used = DRAWN_BYTES;

  fraction(): number {
    if (this.#used === DRAWN_BYTES) {
      randomFillSync(this.#drawn);
      this.#used = 0;
    }
    const fraction = this.#drawn.readUIntBE(this.#used, 6) / 2 ** 48;
    this.#used += 6;
    return fraction;
  }

  below(below: number): number {
    // Of one thing, or of none, there is nothing to draw; the platform would throw.
    return below <= 1 ? 0 : randomInt(below);
  }

  /** The platform's UUID is a rope of twenty pieces, eight times the size of the text. */
  uuid(): string {
    return flat(randomUUID());
  }
}
