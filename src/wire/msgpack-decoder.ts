import { type Dictionary, dictionary } from "../base/index.ts";
import { MsgpackCursor } from "./msgpack-cursor.ts";
import { deepestMsgpack, heads, InvalidMsgpack, longestMsgpack } from "./msgpack-format.ts";

/** What a message may grow to in memory, in bytes, by the estimate of `weigh`: eight times its longest form. */
const mostMemory = 8 * longestMsgpack;
/** About what V8 takes for an empty list, an empty dictionary, and one element or field of them. */
const listWeight = 64;
const dictionaryWeight = 250;
const elementWeight = 16;
const fieldWeight = 40;

export interface MsgpackOptions {
  /** Fields whose raw values are bytes; all others are text. The wire does not tell them apart. */
  readonly binary?: ReadonlySet<string>;
}

/**
 * Reads one message that fills `bytes`. Maps become dictionaries without prototype, raws become strings (or
 * `Uint8Array` copies in `binary` fields), integers beyond 2^53 are rounded to a double. Throws `InvalidMsgpack` for
 * anything that a Go peer does not write: extensions, NaN, keys that are no text or come twice, invalid UTF-8,
 * deeper than 64, counts beyond what is there, bytes after the message.
 */
export function decodeMsgpack(bytes: Uint8Array, options?: MsgpackOptions): unknown {
  const { value, end } = decodeFirstMsgpack(bytes, options);
  if (end < bytes.length) throw new InvalidMsgpack(`Cannot read msgpack: ${bytes.length - end} bytes after the value`);
  return value;
}

/** Reads the message at the beginning of `bytes`, and says where it ends. */
export function decodeFirstMsgpack(
  bytes: Uint8Array,
  options?: MsgpackOptions,
): { readonly value: unknown; readonly end: number } {
  const reader = new MsgpackReader(bytes, options);
  reader.advance(Number.POSITIVE_INFINITY);
  return { value: reader.value, end: reader.end };
}

interface Frame {
  readonly list: unknown[] | undefined;
  readonly map: Dictionary<unknown> | undefined;
  /** Of a map: the field being read. Of a list: the field that holds it. */
  key: string;
  left: number;
}

/**
 * The reader behind `decodeMsgpack`, for those who must let others have their turn in between: it goes on from where
 * it stopped. It holds its own stack.
 */
export class MsgpackReader {
  readonly #cursor: MsgpackCursor;
  readonly #binary: ReadonlySet<string>;
  readonly #deepest: number;
  readonly #open: Frame[] = [];
  #weight = 0;
  #value: unknown;
  #done = false;

  /** `depth` is how many lists and maps are open around what is read. */
  constructor(bytes: Uint8Array, { binary = noBinary }: MsgpackOptions = {}, depth = 0) {
    if (bytes.length > longestMsgpack) {
      throw new InvalidMsgpack(`Cannot read msgpack: message is longer than ${longestMsgpack} bytes`);
    }
    this.#cursor = new MsgpackCursor(bytes);
    this.#binary = binary;
    this.#deepest = deepestMsgpack - depth;
  }

  /** Reads about `budget` more bytes; true when all is read and `value` is there. */
  advance(budget: number): boolean {
    const until = this.#cursor.at + budget;
    while (!this.#done && this.#cursor.at < until) this.#step();
    return this.#done;
  }

  get value(): unknown {
    return this.#value;
  }

  /** Where the message ends, once it is read. */
  get end(): number {
    return this.#cursor.at;
  }

  /** Reads an element, a field, or the head of a list or map that stands there. */
  #step(): void {
    const cursor = this.#cursor;
    const frame = this.#open[this.#open.length - 1];
    if (frame?.map !== undefined) frame.key = this.#key(frame.map);
    const byte = cursor.byte();
    const head = cursor.headOf(byte);
    if (head.kind === "scalar") this.#put(cursor.scalar(byte));
    else if (head.kind === "raw") this.#put(this.#raw(cursor.count(head), frame?.key));
    else this.#descend(head.kind, cursor.count(head), frame?.key ?? "");
  }

  #descend(kind: "array" | "map", count: number, key: string): void {
    const { left } = this.#cursor;
    if (count > left / (kind === "map" ? 2 : 1)) {
      throw new InvalidMsgpack(`Cannot read msgpack: ${kind} of ${count} in ${left} bytes`);
    }
    if (this.#open.length >= this.#deepest) throw tooDeep();
    if (kind === "array") {
      this.#weigh(listWeight + elementWeight * count);
      this.#open.push({ list: [], map: undefined, key, left: count });
    } else {
      this.#weigh(dictionaryWeight + fieldWeight * count);
      this.#open.push({ list: undefined, map: dictionary(), key: "", left: count });
    }
    if (count === 0) this.#close();
  }

  /** Puts a value where it belongs, and closes what it fills. */
  #put(value: unknown): void {
    const frame = this.#open[this.#open.length - 1];
    if (frame === undefined) {
      this.#value = value;
      this.#done = true;
      return;
    }
    if (frame.map === undefined) frame.list?.push(value);
    else frame.map[frame.key] = value;
    frame.left--;
    if (frame.left === 0) this.#close();
  }

  #close(): void {
    const frame = this.#open.pop() as Frame;
    this.#put(frame.list ?? frame.map);
  }

  #key(map: Dictionary<unknown>): string {
    const cursor = this.#cursor;
    const head = heads[cursor.byte()];
    if (head?.kind !== "raw") throw new InvalidMsgpack("Cannot read msgpack: a key is not a string");
    const key = this.#text(cursor.count(head));
    if (map[key] !== undefined) {
      throw new InvalidMsgpack(`Cannot read msgpack: key ${JSON.stringify(key.slice(0, 40))} comes twice`);
    }
    return key;
  }

  #raw(length: number, key: string | undefined): string | Uint8Array {
    if (key === undefined || !this.#binary.has(key)) return this.#text(length);
    const start = this.#cursor.skip(length);
    this.#weigh(length);
    return Uint8Array.from(this.#cursor.bytes.subarray(start, start + length));
  }

  #text(length: number): string {
    const text = this.#cursor.text(length);
    this.#weigh(length);
    return text;
  }

  #weigh(bytes: number): void {
    this.#weight += bytes;
    if (this.#weight > mostMemory) throw new InvalidMsgpack("Cannot read msgpack: message takes too much memory");
  }
}

export const noBinary: ReadonlySet<string> = new Set();

export function tooDeep(): InvalidMsgpack {
  return new InvalidMsgpack(`Cannot read msgpack: maximum decoding depth of ${deepestMsgpack} exceeded`);
}
