import { commonKinds } from "./known-records.ts";
import { ID_LENGTH, PACKED_ID_BYTES, writeID } from "./packed-ids.ts";
import {
  describedKind,
  KindIndex,
  type NumberedKind,
  type Packed,
  type RecordKind,
  type ValueWriter,
} from "./record-kinds.ts";

/** What is written goes into blocks of this size, unless it is longer. */
const BLOCK_BYTES = 64 * 1024;
/** More than any value takes that is neither text nor bytes, without what is in it. */
const MOST_HEAD_BYTES = 16;
/** Characters of texts that are copied one by one, which is faster for these. */
const SHORT_TEXT = 64;
/** The number of the first kind. */
const FIRST_NUMBER = 0x40;
/** What comes from outside is nested less than half as deep, and the reader's stack holds several times as much. */
const DEEPEST = 500;

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

const commonToAll = indexOf(commonKinds);

export interface RecordWriterOptions {
  /** The kinds that whoever reads this knows, by their numbers. */
  readonly known: readonly RecordKind[];
  /** How many kinds may be described at a time. With those that are known, at most 64. */
  readonly mostOwn: number;
  /** Further kinds that are worth code of their own; absent: those that every program has. */
  readonly common?: readonly RecordKind[];
}

/**
 * Packs values: msgpack, in which an object becomes a record, the names of whose fields are described when the first of its
 * kind comes, and a dictionary becomes a map, so that every key in it is data. `RecordReader` reads it.
 *
 *     0x00 … 0x3f   a number          0x80 … 0x8f   a map        0xd4 0x72 number, list of names, values
 *     0x40 … 0x7f   a kind, values    0x90 …        msgpack                 a kind is described, and its first record
 *                                                   0xc9 length (4) 0x70 …  a value that was packed by itself, see `Packed`
 *                                                   0xd8 0x75 …             the 16 bytes of a text that is a UUID in lower case
 */
export class RecordWriter implements ValueWriter {
  readonly #known = new KindIndex();
  readonly #common: KindIndex;
  readonly #firstOwn: number;
  readonly #mostOwn: number;
  #ownIndex = new KindIndex();
  /** The kinds that were described, by their numbers; one beyond the last takes the place of the first. */
  #own: NumberedKind[] = [];
  #described = 0;
  #bytes: Buffer<ArrayBuffer> = Buffer.alloc(0);
  /** Where that begins which is not taken yet, and where it ends. */
  #start = 0;
  #at = 0;
  /** How many values are open. */
  #depth = 0;
  #isExact = true;

  constructor({ known, mostOwn, common }: RecordWriterOptions) {
    this.#common = common === undefined ? commonToAll : indexOf(common);
    for (const [i, kind] of known.entries()) this.#known.add({ kind, number: FIRST_NUMBER + i });
    this.#firstOwn = FIRST_NUMBER + known.length;
    this.#mostOwn = mostOwn;
  }

  /** How much has been written since the last `take`. */
  get length(): number {
    return this.#at - this.#start;
  }

  /**
   * What has been written since `begin` is read as it was given, to the last: not so for what is undefined (read as null), text
   * that is no Unicode, minus nought, bytes (read as a plain `Uint8Array`), and a record with a field that no record has.
   */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** What has been written since the last `take`. */
  take(): Buffer<ArrayBuffer> {
    const taken = this.#bytes.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return taken;
  }

  /** What has been written since the last `take`, each byte as a character. It is not taken. */
  get text(): Packed {
    return this.#bytes.toString("latin1", this.#start, this.#at);
  }

  /** Begins anew, for somebody who has read nothing of before: what is not taken is dropped. */
  begin(): void {
    this.#at = this.#start;
    this.#depth = 0;
    this.#isExact = true;
    if (this.#described === 0) return;
    this.#ownIndex = new KindIndex();
    this.#own = [];
    this.#described = 0;
  }

  /** Room for `length` bytes that are filled in later; where they are is told from the beginning of what is not taken. */
  reserve(length: number): number {
    this.#needs(length);
    this.#at += length;
    return this.length - length;
  }

  /** Fills in reserved bytes. */
  fill(offset: number, value: number): void {
    this.#bytes.writeUInt32BE(value, this.#start + offset);
  }

  /** Throws `TypeError` for what no parsed value holds, and for what is nested too deep to be read again. */
  value(value: unknown): void {
    this.#needs(MOST_HEAD_BYTES);
    if (value === "") {
      this.#bytes[this.#at++] = 0xa0;
      return;
    }
    switch (typeof value) {
      case "string":
        this.#text(value);
        break;
      case "number":
        this.#number(value);
        break;
      case "boolean":
        this.#bytes[this.#at++] = value ? 0xc3 : 0xc2;
        break;
      case "undefined":
        this.#isExact = false;
        this.#bytes[this.#at++] = 0xc0;
        break;
      case "object":
        if (value === null) this.#bytes[this.#at++] = 0xc0;
        else this.#nested(value);
        break;
      default:
        throw new TypeError(`Cannot pack a ${typeof value}`);
    }
  }

  packed(packed: Packed): void {
    const { length } = packed;
    this.#needs(length + MOST_HEAD_BYTES);
    this.#head32(0xc9, length);
    this.#bytes[this.#at++] = 0x70;
    this.#at += this.#bytes.write(packed, this.#at, "latin1");
  }

  #nested(value: object): void {
    if (++this.#depth > DEEPEST) throw new TypeError(`Cannot pack what is nested deeper than ${DEEPEST}`);
    if (Array.isArray(value)) this.#list(value);
    else this.#object(value);
    this.#depth--;
  }

  #number(value: number): void {
    if (value >>> 0 === value) {
      if (value === 0 && 1 / value < 0) this.#isExact = false;
      if (value < FIRST_NUMBER) this.#bytes[this.#at++] = value;
      else if (value < 0x100) this.#head8(0xcc, value);
      else if (value < 0x10000) this.#head16(0xcd, value);
      else this.#head32(0xce, value);
    } else if (value >> 0 === value && value >= -0x20) this.#bytes[this.#at++] = value + 0x100;
    else this.#double(value);
  }

  #double(value: number): void {
    double[0] = value;
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = 0xcb;
    for (let i = 0; i < 8; i++) bytes[at + 1 + i] = doubleBytes[7 - i]!;
    this.#at = at + 9;
  }

  #text(text: string): void {
    const { length } = text;
    if (length === ID_LENGTH && this.#identifier(text)) return;
    if (length >= SHORT_TEXT) {
      this.#encodedText(text);
      return;
    }
    this.#needs(length + MOST_HEAD_BYTES);
    const bytes = this.#bytes;
    let at = this.#at;
    if (length < 0x20) bytes[at++] = 0xa0 | length;
    else {
      bytes[at++] = 0xd9;
      bytes[at++] = length;
    }
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.#encodedText(text);
        return;
      }
      bytes[at++] = unit;
    }
    this.#at = at;
  }

  #identifier(text: string): boolean {
    this.#needs(PACKED_ID_BYTES + MOST_HEAD_BYTES);
    if (!writeID(text, this.#bytes, this.#at + 2)) return false;
    this.#bytes[this.#at] = 0xd8;
    this.#bytes[this.#at + 1] = 0x75;
    this.#at += 2 + PACKED_ID_BYTES;
    return true;
  }

  #encodedText(text: string): void {
    if (!text.isWellFormed()) this.#isExact = false;
    const length = Buffer.byteLength(text);
    this.#needs(length + MOST_HEAD_BYTES);
    if (length < 0x20) this.#bytes[this.#at++] = 0xa0 | length;
    else if (length < 0x100) this.#head8(0xd9, length);
    else if (length < 0x10000) this.#head16(0xda, length);
    else this.#head32(0xdb, length);
    this.#at += this.#bytes.write(text, this.#at, length);
  }

  #list(list: readonly unknown[]): void {
    const { length } = list;
    if (length < 0x10) this.#bytes[this.#at++] = 0x90 | length;
    else if (length < 0x10000) this.#head16(0xdc, length);
    else this.#head32(0xdd, length);
    for (let i = 0; i < length; i++) this.value(list[i]);
  }

  #object(object: object): void {
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) this.#record(object);
    else if (prototype === null) this.#map(object as Record<string, unknown>);
    else if (object instanceof Uint8Array) this.#binary(object);
    else throw new TypeError(`Cannot pack a ${object.constructor?.name}`);
  }

  #record(object: object): void {
    const found = this.#known.find(object) ?? this.#ownIndex.find(object);
    if (found !== undefined) {
      this.#bytes[this.#at++] = found.number;
      found.kind.write(this, object);
    }
    // No object gets such a field by being given it.
    else if (Object.hasOwn(object, "__proto__")) {
      this.#isExact = false;
      this.#map(object as Record<string, unknown>);
    } else this.#describe(object);
  }

  #map(map: Readonly<Record<string, unknown>>): void {
    let size = 0;
    for (const _ in map) size++;
    if (size < 0x10) this.#bytes[this.#at++] = 0x80 | size;
    else if (size < 0x10000) this.#head16(0xde, size);
    else this.#head32(0xdf, size);
    for (const key in map) {
      this.#text(key);
      this.value(map[key]);
    }
  }

  #binary(binary: Uint8Array): void {
    const { length } = binary;
    this.#isExact = false;
    this.#needs(length + MOST_HEAD_BYTES);
    this.#head32(0xc6, length);
    this.#bytes.set(binary, this.#at);
    this.#at += length;
  }

  /** A record of a kind that nobody knows yet. */
  #describe(object: object): void {
    const kind = this.#common.find(object)?.kind ?? describedKind(Object.keys(object));
    const place = this.#described++ % this.#mostOwn;
    const before = this.#own[place];
    if (before !== undefined) this.#ownIndex.remove(before);
    const numbered = { kind, number: this.#firstOwn + place };
    this.#own[place] = numbered;
    this.#ownIndex.add(numbered);
    this.#bytes[this.#at++] = 0xd4;
    this.#bytes[this.#at++] = 0x72;
    this.#bytes[this.#at++] = numbered.number;
    this.#list(kind.fields);
    kind.write(this, object);
  }

  #head8(token: number, value: number): void {
    this.#bytes[this.#at++] = token;
    this.#bytes[this.#at++] = value;
  }

  #head16(token: number, value: number): void {
    this.#head8(token, value >>> 8);
    this.#bytes[this.#at++] = value;
  }

  #head32(token: number, value: number): void {
    this.#head16(token, value >>> 16);
    this.#bytes[this.#at++] = value >>> 8;
    this.#bytes[this.#at++] = value;
  }

  #needs(more: number): void {
    if (this.#at + more > this.#bytes.length) this.#grow(more);
  }

  /** What was taken stays where it is. */
  #grow(more: number): void {
    const held = this.length;
    const grown = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, 2 * (held + more)));
    grown.set(this.#bytes.subarray(this.#start, this.#at));
    this.#bytes = grown;
    this.#start = 0;
    this.#at = held;
  }
}

function indexOf(kinds: readonly RecordKind[]): KindIndex {
  const index = new KindIndex();
  for (const [number, kind] of kinds.entries()) index.add({ kind, number });
  return index;
}
