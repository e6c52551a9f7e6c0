import { type Dictionary, dictionary } from "../base/index.ts";
import { deepestMsgpack, heads, InvalidMsgpack, longestMsgpack, type } from "./msgpack-format.ts";

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
  readonly #bytes: Buffer;
  readonly #binary: ReadonlySet<string>;
  readonly #open: Frame[] = [];
  #at = 0;
  #weight = 0;
  #value: unknown;
  #done = false;

  constructor(bytes: Uint8Array, { binary = noBinary }: MsgpackOptions = {}) {
    if (bytes.length > longestMsgpack) {
      throw new InvalidMsgpack(`Cannot read msgpack: message is longer than ${longestMsgpack} bytes`);
    }
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#binary = binary;
  }

  /** Reads about `budget` more bytes; true when all is read and `value` is there. */
  advance(budget: number): boolean {
    const until = this.#at + budget;
    while (!this.#done && this.#at < until) this.#step();
    return this.#done;
  }

  get value(): unknown {
    return this.#value;
  }

  /** Where the message ends, once it is read. */
  get end(): number {
    return this.#at;
  }

  /** Reads an element, a field, or the head of a list or map that stands there. */
  #step(): void {
    const frame = this.#open[this.#open.length - 1];
    if (frame?.map !== undefined) frame.key = this.#key(frame.map);
    const byte = this.#byte();
    const head = heads[byte];
    if (head === undefined) throw new InvalidMsgpack(`Cannot read msgpack: type 0x${byte.toString(16)}`);
    if (head.kind === "scalar") {
      this.#put(this.#scalar(byte));
      return;
    }
    const count = head.count ?? this.#count(head.countBytes);
    if (head.kind === "raw") this.#put(this.#raw(count, frame?.key));
    else this.#descend(head.kind, count, frame?.key ?? "");
  }

  #descend(kind: "array" | "map", count: number, key: string): void {
    if (count > this.#left() / (kind === "map" ? 2 : 1)) {
      throw new InvalidMsgpack(`Cannot read msgpack: ${kind} of ${count} in ${this.#left()} bytes`);
    }
    if (this.#open.length >= deepestMsgpack) throw tooDeep();
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
    const byte = this.#byte();
    const head = heads[byte];
    if (head?.kind !== "raw") throw new InvalidMsgpack("Cannot read msgpack: a key is not a string");
    const key = this.#text(head.count ?? this.#count(head.countBytes));
    if (map[key] !== undefined) {
      throw new InvalidMsgpack(`Cannot read msgpack: key ${JSON.stringify(key.slice(0, 40))} comes twice`);
    }
    return key;
  }

  #scalar(byte: number): unknown {
    if (byte <= 0x7f) return byte;
    if (byte >= 0xe0) return byte - 0x100;
    switch (byte) {
      case type.nil:
        return null;
      case type.no:
        return false;
      case type.yes:
        return true;
      default:
        return this.#number(byte);
    }
  }

  #number(byte: number): number {
    const bytes = this.#bytes;
    switch (byte) {
      case type.uint8:
        return bytes[this.#skip(1)] as number;
      case type.uint16:
        return bytes.readUInt16BE(this.#skip(2));
      case type.uint32:
        return bytes.readUInt32BE(this.#skip(4));
      case type.uint64:
        return Number(bytes.readBigUInt64BE(this.#skip(8)));
      case type.int8:
        return bytes.readInt8(this.#skip(1));
      case type.int16:
        return bytes.readInt16BE(this.#skip(2));
      case type.int32:
        return bytes.readInt32BE(this.#skip(4));
      case type.int64:
        return Number(bytes.readBigInt64BE(this.#skip(8)));
      case type.float32:
        return finite(bytes.readFloatBE(this.#skip(4)));
      default:
        return finite(bytes.readDoubleBE(this.#skip(8)));
    }
  }

  #raw(length: number, key: string | undefined): string | Uint8Array {
    if (key === undefined || !this.#binary.has(key)) return this.#text(length);
    const start = this.#skip(length);
    this.#weigh(length);
    return Uint8Array.from(this.#bytes.subarray(start, start + length));
  }

  #text(length: number): string {
    const start = this.#skip(length);
    this.#weigh(length);
    const end = start + length;
    for (let at = start; at < end; at++) if ((this.#bytes[at] as number) > 0x7f) return this.#utf8(start, end);
    return this.#bytes.toString("latin1", start, end);
  }

  #utf8(start: number, end: number): string {
    try {
      return strictUTF8.decode(this.#bytes.subarray(start, end));
    } catch (cause) {
      throw new InvalidMsgpack("Cannot read msgpack: a string is not UTF-8", { cause });
    }
  }

  #count(bytes: 1 | 2 | 4 | 0): number {
    const at = this.#skip(bytes);
    return bytes === 0 ? 0 : this.#bytes.readUIntBE(at, bytes);
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)] as number;
  }

  /** Goes past `length` bytes and says where they began. */
  #skip(length: number): number {
    if (length > this.#left()) throw new InvalidMsgpack("Cannot read msgpack: message is cut off");
    const start = this.#at;
    this.#at += length;
    return start;
  }

  #left(): number {
    return this.#bytes.length - this.#at;
  }

  #weigh(bytes: number): void {
    this.#weight += bytes;
    if (this.#weight > mostMemory) throw new InvalidMsgpack("Cannot read msgpack: message takes too much memory");
  }
}

const noBinary: ReadonlySet<string> = new Set();
const strictUTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function tooDeep(): InvalidMsgpack {
  return new InvalidMsgpack(`Cannot read msgpack: maximum decoding depth of ${deepestMsgpack} exceeded`);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new InvalidMsgpack("Cannot read msgpack: a number is not finite");
  return value;
}
