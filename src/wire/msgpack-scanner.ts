import { tooDeep } from "./msgpack-decoder.ts";
import { deepestMsgpack, heads, InvalidMsgpack, longestMsgpack } from "./msgpack-format.ts";

/**
 * Finds where a message ends in a stream, without reading what it says: nothing announces the length of a message.
 * Takes each byte once and holds no more than a stack of counts, however the sender cuts and nests.
 */
export class MsgpackScanner {
  readonly #longest: number;
  /** How many values are still to come in each open list or map. */
  readonly #open: number[] = [];
  #scanned = 0;
  /** Bytes of a raw or a scalar that may be skipped. */
  #skip = 0;
  /** A count that is being read: its kind, and how many of its bytes are missing. */
  #counting: "raw" | "array" | "map" | undefined;
  #countMissing = 0;
  #count = 0;

  /** `longest` in bytes: a message that is longer, or says that it will be, is refused. */
  constructor(longest: number = longestMsgpack) {
    this.#longest = longest;
  }

  /**
   * Scans on. The number of bytes of `chunk` that belong to the message if it ends in there, else undefined: all of
   * them do. Throws `InvalidMsgpack` for what no reader would take; ask no more of it then, nor after the end.
   */
  scan(chunk: Uint8Array): number | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        this.#scanned += skipped;
        at += skipped;
      } else {
        if (this.#counting === undefined) this.#head(chunk[at] as number);
        else this.#countByte(chunk[at] as number, this.#counting);
        this.#scanned++;
        at++;
      }
      if (this.#ended()) return at;
    }
    return undefined;
  }

  #ended(): boolean {
    return this.#skip === 0 && this.#counting === undefined && this.#open.length === 0 && this.#scanned > 0;
  }

  #head(byte: number): void {
    const head = heads[byte];
    if (head === undefined) throw new InvalidMsgpack(`Cannot read msgpack: type 0x${byte.toString(16)}`);
    if (head.kind === "scalar") {
      this.#mustFit(head.bytes);
      this.#value(head.bytes);
    } else if (head.count !== undefined) this.#counted(head.kind, head.count);
    else {
      this.#counting = head.kind;
      this.#countMissing = head.countBytes;
      this.#count = 0;
    }
  }

  #countByte(byte: number, kind: "raw" | "array" | "map"): void {
    this.#count = this.#count * 256 + byte;
    this.#countMissing--;
    if (this.#countMissing > 0) return;
    this.#counting = undefined;
    this.#counted(kind, this.#count);
  }

  #counted(kind: "raw" | "array" | "map", count: number): void {
    const follow = kind === "map" ? 2 * count : count;
    this.#mustFit(follow);
    if (kind !== "raw" && this.#open.length >= deepestMsgpack) throw tooDeep();
    if (kind === "raw" || count === 0) this.#value(follow);
    else this.#open.push(follow);
  }

  /** A value that goes on for `bytes` more; it may be the last of what is open. */
  #value(bytes: number): void {
    this.#skip = bytes;
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const left = (this.#open[at] as number) - 1;
      this.#open[at] = left;
      if (left > 0) return;
      this.#open.pop();
    }
  }

  /** What comes after the present byte, of which each value takes at least one. */
  #mustFit(bytes: number): void {
    if (this.#scanned + 1 + bytes > this.#longest) {
      throw new InvalidMsgpack(`Cannot read msgpack: message is longer than ${this.#longest} bytes`);
    }
  }
}
