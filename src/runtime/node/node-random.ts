import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { flat, type Random } from "../../base/index.ts";

/** Chance from the operating system: what it draws cannot be foretold. */
export class NodeRandom implements Random {
  fraction(): number {
    return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
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
