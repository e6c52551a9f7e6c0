import { encodeMsgpackInRow, PackedMap } from "./msgpack-encoder.ts";

/** Room that is added beyond what is needed, as a part of what there is. */
const spareRoom = 1 / 4;

/**
 * Pairs of a map as they are written, kept and added to: to answer with many pairs that change little, again and again, is then to
 * copy their bytes. All keys are different.
 */
export class PackedPairs {
  #bytes: Uint8Array;
  #length: number;
  /** Keys and values in turn that are not packed yet: they are packed together, for often several come before somebody asks. */
  #added: unknown[] = [];
  #count: number;

  /** `pairs` are keys and values in turn. */
  constructor(pairs: readonly unknown[] = []) {
    this.#bytes = encodeMsgpackInRow(pairs);
    this.#length = this.#bytes.length;
    this.#count = pairs.length / 2;
  }

  add(key: string, value: unknown): void {
    this.#added.push(key, value);
    this.#count++;
  }

  /** All pairs so far. It stays as it is when more are added. */
  map(): PackedMap {
    if (this.#added.length > 0) this.#pack();
    return new PackedMap(this.#count, this.#bytes.subarray(0, this.#length));
  }

  #pack(): void {
    const more = encodeMsgpackInRow(this.#added);
    this.#added = [];
    const needed = this.#length + more.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(needed + Math.ceil(needed * spareRoom));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(more, this.#length);
    this.#length = needed;
  }
}
