import { type Dictionary, dictionary, dictionaryByID } from "../base/index.ts";
import { HeldLeaves, HeldTexts, LONGEST_LEAF } from "./held-values.ts";
import { commonKinds, knownKinds } from "./known-records.ts";
import { HeldIDs, PACKED_ID_BYTES } from "./packed-ids.ts";
import { describedKind, type RecordKind, type ValueReader } from "./record-kinds.ts";

/** The number of the first kind, how many there can be, and where dictionaries and lists begin. */
const [FIRST_NUMBER, MOST_KINDS, FIRST_MAP, FIRST_LIST] = [0x40, 64, 0x80, 0x90];

/** A map of more keys than this is seldom one of many with the same keys. */
const MOST_KEYS = 8;

/** What is empty is one object for all: most lists and dictionaries of most rows are. */
const emptyDictionary = Object.freeze(dictionary());
const emptyList: readonly unknown[] = Object.freeze([]);

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

const commonByNames = byNames(commonKinds);

/** The bytes are not what `RecordWriter` writes: cut short, damaged, or never ours. */
export class UnreadableRecord extends Error {
  override readonly name = "UnreadableRecord";
}

/**
 * Reads what `RecordWriter` wrote. What is empty, and what is short and the same as before, is one object for all that
 * hold it, and cannot be changed: most of a row is the same in many rows.
 */
export class RecordReader implements ValueReader {
  readonly #known: readonly (RecordKind | undefined)[];
  readonly #common: ReadonlyMap<string, RecordKind>;
  /** By their numbers. */
  #kinds: (RecordKind | undefined)[];
  #isDescribed = false;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  readonly #texts = new HeldTexts();
  readonly #identifiers = new HeldIDs();
  readonly #leaves = new HeldLeaves();
  /** How many kinds were described. */
  #descriptions = 0;

  /**
   * `known` are the kinds that need not be described, by their numbers; `common` those that are worth code of their own, absent:
   * those that every program has.
   */
  constructor(known: readonly RecordKind[], common?: readonly RecordKind[]) {
    this.#known = numbered(known);
    this.#kinds = [...this.#known];
    this.#common = common === undefined ? commonByNames : byNames(common);
  }

  /** What follows was written for somebody who has read nothing of before. */
  begin(): void {
    if (!this.#isDescribed) return;
    this.#kinds = [...this.#known];
    this.#isDescribed = false;
    this.#leaves.clear();
  }

  /** The one value that `bytes` hold, which are not kept. Throws `UnreadableRecord`, or `RangeError` where too much is nested. */
  read(bytes: Uint8Array): unknown {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = 0;
    const value = this.value();
    const left = bytes.length - this.#at;
    if (left > 0) throw new UnreadableRecord(`Expected the end, found ${left} more bytes`);
    return value;
  }

  value(): unknown {
    const token = this.#byte();
    if (token < FIRST_NUMBER) return token;
    if (token < 0xa0) {
      if (token === FIRST_MAP) return emptyDictionary;
      if (token === FIRST_LIST) return emptyList;
      return this.#composite(token);
    }
    if (token < 0xc0) return this.#text(token - 0xa0);
    if (token >= 0xe0) return token - 0x100;
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#binary(this.#whole(1));
      case 0xc5:
        return this.#binary(this.#whole(2));
      case 0xc6:
        return this.#binary(this.#whole(4));
      case 0xc9:
        return this.#unpacked();
      case 0xcb:
        return this.#double();
      case 0xcc:
        return this.#whole(1);
      case 0xcd:
        return this.#whole(2);
      case 0xce:
        return this.#whole(4);
      case 0xd0:
        return (this.#whole(1) << 24) >> 24;
      case 0xd1:
        return (this.#whole(2) << 16) >> 16;
      case 0xd2:
        return this.#whole(4) | 0;
      case 0xd4:
        return this.#composite(this.#description());
      case 0xd8:
        return this.#identifier();
      case 0xd9:
        return this.#text(this.#whole(1));
      case 0xda:
        return this.#text(this.#whole(2));
      case 0xdb:
        return this.#text(this.#whole(4));
      case 0xdc:
        return this.#list(this.#whole(2));
      case 0xdd:
        return this.#list(this.#whole(4));
      case 0xde:
        return this.#map(this.#whole(2));
      case 0xdf:
        return this.#map(this.#whole(4));
      default:
        throw new UnreadableRecord(`Expected a value, found byte 0x${token.toString(16)}`);
    }
  }

  packed(): unknown {
    if (this.#bytes[this.#at] !== 0xc9) return this.#unlikeText();
    this.#at++;
    const length = this.#packedLength();
    const start = this.#at;
    this.#at += length;
    return this.#bytes.toString("latin1", start, this.#at);
  }

  /** A value that cannot be taken for one that is packed. */
  #unlikeText(): unknown {
    const value = this.value();
    if (typeof value === "string") throw new UnreadableRecord("Expected what may be packed, found a text");
    return value;
  }

  /** What is packed by itself, where it is not kept so. */
  #unpacked(): unknown {
    const end = this.#packedLength() + this.#at;
    const kinds = this.#kinds;
    this.#kinds = numbered(knownKinds);
    this.#leaves.clear();
    const value = this.value();
    this.#kinds = kinds;
    this.#leaves.clear();
    if (this.#at !== end) throw new UnreadableRecord(`Expected the end of what is packed ${end - this.#at} bytes on`);
    return value;
  }

  #packedLength(): number {
    const length = this.#whole(4);
    const type = this.#byte();
    if (type !== 0x70) throw new UnreadableRecord(`Expected what is packed, found type ${type}`);
    this.#holds(length);
    return length;
  }

  /** A record, a short map or a short list: the one that is held, if it is the same. */
  #composite(token: number): object {
    const kind = token < FIRST_MAP ? this.#kindOf(token) : undefined;
    if (kind?.isChanged === true) return kind.read(this);
    const start = this.#at;
    const slot = this.#leaves.slotOf(token, this.#bytes, start);
    if (this.#leaves.isHeld(slot, token, kind, this.#bytes, start)) {
      this.#at += this.#leaves.lengthAt(slot);
      return this.#leaves.valueAt(slot);
    }
    const before = this.#descriptions;
    const value = kind === undefined ? this.#shortContent(token) : kind.read(this);
    if (this.#descriptions === before && this.#at <= start + LONGEST_LEAF) {
      this.#leaves.hold(slot, { token, kind, value, bytes: this.#bytes.subarray(start, this.#at) });
    }
    return value;
  }

  #shortContent(token: number): object {
    return token < FIRST_LIST ? this.#map(token - FIRST_MAP) : this.#list(token - FIRST_LIST);
  }

  #kindOf(number: number): RecordKind {
    const kind = this.#kinds[number - FIRST_NUMBER];
    if (kind === undefined) throw new UnreadableRecord(`Expected a kind of record, found number ${number}`);
    return kind;
  }

  /** Learns a kind, and gives its number. */
  #description(): number {
    const mark = this.#byte();
    const number = this.#byte();
    if (mark !== 0x72 || number < FIRST_NUMBER || number >= FIRST_MAP) {
      throw new UnreadableRecord(`Expected a kind of record, found bytes ${mark} and ${number}`);
    }
    const fields = this.value();
    if (!Array.isArray(fields) || !fields.every(isField)) throw new UnreadableRecord("Expected the names of fields");
    this.#kinds[number - FIRST_NUMBER] = this.#common.get(JSON.stringify(fields)) ?? describedKind(fields);
    this.#isDescribed = true;
    this.#descriptions++;
    this.#leaves.clear();
    return number;
  }

  #list(length: number): readonly unknown[] {
    if (length === 1) return [this.value()];
    this.#holds(length);
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(this.value());
    return list;
  }

  #map(size: number): object {
    const map: Dictionary<unknown> = size > MOST_KEYS ? dictionaryByID() : dictionary();
    for (let i = 0; i < size; i++) {
      const key = this.value();
      if (typeof key !== "string") throw new UnreadableRecord(`Expected a key, found a ${typeof key}`);
      map[key] = this.value();
    }
    return map;
  }

  #text(length: number): string {
    if (length === 0) return "";
    const start = this.#at;
    this.#holds(length);
    this.#at += length;
    return this.#texts.read(this.#bytes, start, length);
  }

  #identifier(): string {
    const type = this.#byte();
    if (type !== 0x75) throw new UnreadableRecord(`Expected an identifier, found type ${type}`);
    this.#holds(PACKED_ID_BYTES);
    const start = this.#at;
    this.#at += PACKED_ID_BYTES;
    return this.#identifiers.read(this.#bytes, start);
  }

  #binary(length: number): Uint8Array {
    this.#holds(length);
    const start = this.#at;
    this.#at += length;
    return Uint8Array.from(this.#bytes.subarray(start, this.#at));
  }

  #double(): number {
    this.#holds(8);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < 8; i++) doubleBytes[7 - i] = bytes[at + i]!;
    this.#at = at + 8;
    return double[0]!;
  }

  #whole(bytes: number): number {
    let whole = 0;
    for (let i = 0; i < bytes; i++) whole = whole * 0x100 + this.#byte();
    return whole;
  }

  #byte(): number {
    this.#holds(1);
    return this.#bytes[this.#at++]!;
  }

  #holds(length: number): void {
    const left = this.#bytes.length - this.#at;
    if (length > left) throw new UnreadableRecord(`Expected ${length} more bytes, found ${left}`);
  }
}

function numbered(kinds: readonly RecordKind[]): (RecordKind | undefined)[] {
  return Array.from({ length: MOST_KINDS }, (_, i) => kinds[i]);
}

/** By the names of their fields, as text that no other names come to. */
function byNames(kinds: readonly RecordKind[]): ReadonlyMap<string, RecordKind> {
  return new Map(kinds.map((kind) => [JSON.stringify(kind.fields), kind]));
}

function isField(name: unknown): boolean {
  return typeof name === "string" && name !== "__proto__";
}
