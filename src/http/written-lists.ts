import { type ByteBudget, milliseconds } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import { goJSONPieces } from "../wire/index.ts";

/** Bytes of the longest list that is kept as it was written. */
const longest = 32 * 1024 * 1024;
/** Bytes that are written before others have their turn. */
const turnBytes = 1024 * 1024;

/** `soon` is a list that was seen once; undefined bytes are those of one that is too long. */
type Written = "soon" | Promise<Uint8Array | undefined>;

/**
 * Lists that are answered with again and again, as the bytes that say them: a list that is the same object as before is
 * written once for all who ask. Nothing outlives its list.
 */
export class WrittenLists {
  readonly #clock: Clock;
  readonly #plain = new WeakMap<object, Written>();
  readonly #pretty = new WeakMap<object, Written>();
  /** How many answers hold the bytes for readers that have not taken them. */
  readonly #holders = new Map<Uint8Array, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The JSON of a list that was asked for before; undefined for what is new, no list, or too long. */
  async bytesOf(value: unknown, pretty: boolean): Promise<Uint8Array | undefined> {
    if (!Array.isArray(value)) return undefined;
    const written = pretty ? this.#pretty : this.#plain;
    const known = written.get(value);
    if (known !== undefined && known !== "soon") return known;
    const bytes = known === undefined ? "soon" : this.#write(value, pretty);
    written.set(value, bytes);
    return bytes === "soon" ? undefined : bytes;
  }

  /**
   * Has the bytes of a list sent. However many hold them, they take their part of the budget once; false, and nothing is
   * sent, when there is no room.
   */
  async lend(bytes: Uint8Array, budget: ByteBudget, send: () => Promise<void>): Promise<boolean> {
    const holders = this.#holders.get(bytes) ?? 0;
    if (holders === 0 && !budget.take(bytes.length)) return false;
    this.#holders.set(bytes, holders + 1);
    try {
      await send();
      return true;
    } finally {
      const left = (this.#holders.get(bytes) as number) - 1;
      this.#holders.set(bytes, left);
      if (left === 0) {
        this.#holders.delete(bytes);
        budget.give(bytes.length);
      }
    }
  }

  async #write(list: readonly unknown[], pretty: boolean): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let length = 0;
    let turnEnds = turnBytes;
    for (const piece of goJSONPieces(list, { pretty })) {
      const bytes = Buffer.from(piece);
      parts.push(bytes);
      length += bytes.length;
      if (length > longest) return undefined;
      if (length < turnEnds) continue;
      turnEnds = length + turnBytes;
      await this.#clock.sleep(milliseconds(0), never);
    }
    return Buffer.concat(parts, length);
  }
}

/** Others may wait for what one who has gone has asked for. */
const never = new AbortController().signal;
