import { KeyShapes } from "./key-shapes.ts";
import { deepestMsgpack, longestMsgpack, type, UnwritableMsgpack } from "./msgpack-format.ts";

const firstRoom = 4 * 1024;
/** The longest room that is kept for the next message. */
const longestSpare = 256 * 1024;

/** Texts up to this length are copied by hand, which is quicker for them. */
const longestByHand = 64;

/** Where the last message was written, for the next: to make room anew for each, step by step, costs more than to write most of them. */
let spare: Buffer | undefined;

/**
 * Writes a value as a Go peer would: integers in the fewest bytes (also those above 2^53, exactly as the double has
 * them), other numbers as float64, strings and `Uint8Array` alike as raw, `null` and holes as nil. The fields of an
 * ordinary object are those of a struct: sorted, and left out when undefined. The keys of a dictionary (an object
 * without prototype) are data and stay in their order. Throws `UnwritableMsgpack`.
 */
export function encodeMsgpack(value: unknown): Uint8Array {
  return encodeMsgpackInRow([value]);
}

/** Writes values as `encodeMsgpack` does, one right behind the other. */
export function encodeMsgpackInRow(values: readonly unknown[]): Uint8Array {
  const encoder = new Encoder(spare ?? Buffer.allocUnsafeSlow(firstRoom));
  // A message may be written while another is.
  spare = undefined;
  for (const value of values) encoder.write(value, 0);
  const written = Buffer.from(encoder.written);
  spare = encoder.room.length > longestSpare ? undefined : encoder.room;
  return written;
}

/** A map whose pairs are written already: `encodeMsgpack` puts them where it stands. */
export class PackedMap {
  readonly count: number;
  /** Keys and values in turn. */
  readonly bytes: Uint8Array;

  constructor(count: number, bytes: Uint8Array) {
    this.count = count;
    this.bytes = bytes;
  }
}

const shapes = new KeyShapes(encodeMsgpack);

class Encoder {
  #bytes: Buffer;
  #at = 0;

  constructor(room: Buffer) {
    this.#bytes = room;
  }

  get room(): Buffer {
    return this.#bytes;
  }

  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  write(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
        this.#text(value);
        break;
      case "number":
        this.#number(value);
        break;
      case "boolean":
        this.#byte(value ? type.yes : type.no);
        break;
      case "undefined":
        this.#byte(type.nil);
        break;
      case "bigint":
        this.#bigInteger(value);
        break;
      case "object":
        if (value === null) this.#byte(type.nil);
        else this.#object(value, depth);
        break;
      default:
        throw new UnwritableMsgpack(`Cannot write msgpack: unsupported type ${typeof value}`);
    }
  }

  #object(value: object, depth: number): void {
    if (depth >= deepestMsgpack) {
      throw new UnwritableMsgpack(`Cannot write msgpack: value is nested deeper than ${deepestMsgpack}`);
    }
    if (value instanceof Uint8Array) this.#raw(value);
    else if (Array.isArray(value)) this.#list(value, depth);
    else {
      const kind = Object.getPrototypeOf(value);
      if (kind === null) this.#dictionary(value as Record<string, unknown>, depth);
      else if (kind === PackedMap.prototype) this.#packed(value as PackedMap);
      else this.#struct(value as Record<string, unknown>, depth);
    }
  }

  #list(values: readonly unknown[], depth: number): void {
    this.#count(values.length, 0x90, 15, type.array16);
    for (let at = 0; at < values.length; at++) this.write(values[at], depth + 1);
  }

  #dictionary(value: Readonly<Record<string, unknown>>, depth: number): void {
    const keys = Object.keys(value);
    const start = this.#mapOf(keys.length);
    const first = this.#at;
    let count = 0;
    for (const key of keys) {
      const field = value[key];
      if (field === undefined) continue;
      this.#text(key);
      this.write(field, depth + 1);
      count++;
    }
    if (count < keys.length) this.#recount(start, first, count);
  }

  #packed({ count, bytes }: PackedMap): void {
    this.#mapOf(count);
    this.#append(bytes);
  }

  #struct(value: Readonly<Record<string, unknown>>, depth: number): void {
    const { sorted, labels } = shapes.of(value);
    const start = this.#mapOf(sorted.length);
    const first = this.#at;
    let count = 0;
    for (let at = 0; at < sorted.length; at++) {
      const field = value[sorted[at] as string];
      if (field === undefined) continue;
      this.#label(labels[at] as Uint8Array);
      this.write(field, depth + 1);
      count++;
    }
    if (count < sorted.length) this.#recount(start, first, count);
  }

  /** The head of a map; gives the place where it begins. */
  #mapOf(count: number): number {
    const start = this.#at;
    this.#count(count, 0x80, 15, type.map16);
    return start;
  }

  /** Some fields of the map at `start`, the first of which is at `first`, were undefined: its head says fewer. */
  #recount(start: number, first: number, count: number): void {
    const end = this.#at;
    this.#at = start;
    // There was room for a head here before, so this moves nothing.
    this.#mapOf(count);
    this.#bytes.copyWithin(this.#at, first, end);
    this.#at += end - first;
  }

  #text(text: string): void {
    const { length } = text;
    if (length <= longestByHand && this.#plainText(text, length)) return;
    const bytes = Buffer.byteLength(text);
    this.#count(bytes, 0xa0, 31, type.raw16);
    this.#room(bytes);
    this.#bytes.write(text, this.#at, "utf8");
    this.#at += bytes;
  }

  /** Most strings are short and plain: names, and identifiers of 36 digits. False if this one is not. */
  #plainText(text: string, length: number): boolean {
    this.#room(length + 3);
    const before = this.#at;
    this.#count(length, 0xa0, 31, type.raw16);
    const bytes = this.#bytes;
    const start = this.#at;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) {
        this.#at = before;
        return false;
      }
      bytes[start + at] = code;
    }
    this.#at = start + length;
    return true;
  }

  #raw(bytes: Uint8Array): void {
    this.#count(bytes.length, 0xa0, 31, type.raw16);
    this.#append(bytes);
  }

  #number(value: number): void {
    if (!Number.isInteger(value)) this.#float(value);
    else if (!Number.isSafeInteger(value)) this.#bigInteger(BigInt(value));
    else this.#safeInteger(value);
  }

  #safeInteger(value: number): void {
    if (value >= 0) this.#positive(value);
    else this.#negative(value);
  }

  #positive(value: number): void {
    this.#room(9);
    const bytes = this.#bytes;
    if (value <= 0x7f) bytes[this.#at++] = value;
    else if (value <= 0xff) {
      bytes[this.#at++] = type.uint8;
      bytes[this.#at++] = value;
    } else if (value <= 0xffff) {
      bytes[this.#at++] = type.uint16;
      this.#at = bytes.writeUInt16BE(value, this.#at);
    } else if (value <= 0xffff_ffff) {
      bytes[this.#at++] = type.uint32;
      this.#at = bytes.writeUInt32BE(value, this.#at);
    } else {
      bytes[this.#at++] = type.uint64;
      this.#at = bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.#at);
      this.#at = bytes.writeUInt32BE(value % 0x1_0000_0000, this.#at);
    }
  }

  #negative(value: number): void {
    this.#room(9);
    const bytes = this.#bytes;
    if (value >= -0x20) bytes[this.#at++] = value & 0xff;
    else if (value >= -0x80) {
      bytes[this.#at++] = type.int8;
      bytes[this.#at++] = value & 0xff;
    } else if (value >= -0x8000) {
      bytes[this.#at++] = type.int16;
      this.#at = bytes.writeInt16BE(value, this.#at);
    } else if (value >= -0x8000_0000) {
      bytes[this.#at++] = type.int32;
      this.#at = bytes.writeInt32BE(value, this.#at);
    } else {
      bytes[this.#at++] = type.int64;
      this.#at = bytes.writeBigInt64BE(BigInt(value), this.#at);
    }
  }

  #bigInteger(value: bigint): void {
    if (value >= 2n ** 64n || value < -(2n ** 63n)) {
      throw new UnwritableMsgpack(`Cannot write msgpack: ${value} does not fit into 64 bits`);
    }
    this.#room(9);
    const bytes = this.#bytes;
    if (value >= -(2n ** 53n) && value <= 2n ** 53n) this.#safeInteger(Number(value));
    else if (value > 0n) {
      bytes[this.#at++] = type.uint64;
      this.#at = bytes.writeBigUInt64BE(value, this.#at);
    } else {
      bytes[this.#at++] = type.int64;
      this.#at = bytes.writeBigInt64BE(value, this.#at);
    }
  }

  #float(value: number): void {
    if (!Number.isFinite(value)) throw new UnwritableMsgpack(`Cannot write msgpack: unsupported value ${value}`);
    this.#byte(type.float64);
    this.#room(8);
    this.#at = this.#bytes.writeDoubleBE(value, this.#at);
  }

  /** A length: in the first byte if it is at most `most`, else in the two or four bytes after `wide` or the next type. */
  #count(count: number, narrow: number, most: number, wide: number): void {
    this.#room(5);
    if (count <= most) this.#bytes[this.#at++] = narrow | count;
    else if (count <= 0xffff) {
      this.#bytes[this.#at++] = wide;
      this.#at = this.#bytes.writeUInt16BE(count, this.#at);
    } else {
      this.#bytes[this.#at++] = wide + 1;
      this.#at = this.#bytes.writeUInt32BE(count, this.#at);
    }
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = byte;
  }

  /** Labels are so short that a copy by hand is the quickest. */
  #label(label: Uint8Array): void {
    const { length } = label;
    this.#room(length);
    const bytes = this.#bytes;
    const start = this.#at;
    for (let at = 0; at < length; at++) bytes[start + at] = label[at] as number;
    this.#at = start + length;
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #room(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    if (needed > longestMsgpack) {
      throw new UnwritableMsgpack(`Cannot write msgpack: message is longer than ${longestMsgpack} bytes`);
    }
    const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(this.#bytes.length * 2, needed), longestMsgpack));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}
