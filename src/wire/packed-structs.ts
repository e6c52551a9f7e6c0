import type * as z from "zod";
import type { Blank, Fields } from "./blank.ts";
import { type MsgpackCursor, viewOf } from "./msgpack-cursor.ts";
import type { MsgpackOptions } from "./msgpack-decoder.ts";
import { encodeMsgpack } from "./msgpack-encoder.ts";
import { InvalidMsgpack } from "./msgpack-format.ts";
import { misfit, Packed, type Unpacker } from "./packed.ts";
import { quicklyRead } from "./quick-reading.ts";
import type { QuickStruct } from "./quick-struct.ts";
import { fitting, quicklyUnpacked, unpackerOf } from "./quick-unpacking.ts";

/** Longer messages are decoded in slices, so that others have their turn. So short, none takes too much memory. */
const longestPacked = 256 * 1024;

interface PackedField {
  readonly name: string;
  /** The name as it is written. */
  readonly label: Uint8Array;
  readonly unpack: Unpacker;
  readonly isOfFirst: boolean;
  readonly isOfSecond: boolean;
  /** The one byte that says what is so when the field is absent; -1 if there is none. */
  readonly absent: number;
}

/**
 * What a struct looks like of which all fields are written and none says anything: label and sole byte of each in turn. Most fields
 * of most structs are so, and whole runs of them are gone past by comparing bytes.
 */
interface Template {
  readonly bytes: DataView;
  /** By place, where a field begins; and at the end, where the last one ends. */
  readonly starts: readonly number[];
  /** By byte, the place of its field. */
  readonly places: Uint16Array;
}

/** Begins no value: what is written for a field of which no sole byte says that it is absent. */
const neverWritten = 0xc1;

const structs = new WeakMap<object, QuickStruct>();

/** The struct that reads the values of a schema; undefined if it is none. */
export function structOf(schema: z.ZodType): QuickStruct | undefined {
  return structs.get(schema);
}

/** Reads a struct as it is, and keeps some of its fields. */
export function partUnpacker(struct: QuickStruct, kept: ReadonlySet<string>): Unpacker {
  const packed = new PackedStructs(struct, undefined, kept);
  return (bytes) => packed.unpack(bytes).first;
}

/** The same schema, which is read by `struct`, from values and from bytes. */
export function quicklyReadStruct<Schema extends z.ZodType>(schema: Schema, struct: QuickStruct): Schema {
  structs.set(schema, struct);
  const packed = new PackedStructs(struct);
  return quicklyUnpacked(
    quicklyRead(schema, (input) => struct.read(input)),
    (bytes) => packed.unpack(bytes).first,
  );
}

/** Like the unpacker of a struct, and nil is the struct with all its fields absent. */
export function blockUnpacker(struct: QuickStruct): Unpacker {
  const structs = new PackedStructs(struct);
  return (packed) => (packed.isNil() ? fitting((input) => struct.read(input), {}) : structs.unpack(packed).first);
}

/**
 * Reads two structs whose fields lie beside each other in one short message, by an unpacker; undefined for schemas that
 * are no structs.
 */
export function pairReader<First extends z.ZodType, Second extends z.ZodType>(
  first: First,
  second: Second,
  options: MsgpackOptions = {},
): PairReader<First, Second> | undefined {
  const [ofFirst, ofSecond] = [structs.get(first), structs.get(second)];
  if (ofFirst === undefined || ofSecond === undefined) return undefined;
  const packed = new PackedStructs(ofFirst, ofSecond);
  return (bytes) => unpacked(packed, bytes, options) as ReturnType<PairReader<First, Second>>;
}

/** Undefined for bytes that are to be decoded, and read by the schemas. */
export type PairReader<First extends z.ZodType, Second extends z.ZodType> = (
  bytes: Uint8Array,
) => { readonly first: z.output<First>; readonly second: z.output<Second> } | undefined;

function unpacked(structs: PackedStructs, bytes: Uint8Array, options: MsgpackOptions) {
  if (bytes.length > longestPacked) return undefined;
  const packed = new Packed(bytes, options);
  try {
    const found = structs.unpack(packed);
    return packed.cursor.left === 0 ? found : undefined;
  } catch (error) {
    if (error instanceof InvalidMsgpack) return undefined;
    throw error;
  }
}

/** Which fields of a struct are kept; by default all of them. */
type Kept = ReadonlySet<string> | undefined;

/** Unpacks a struct, or two whose fields lie beside each other in one map. */
class PackedStructs {
  readonly #first: QuickStruct;
  readonly #second: QuickStruct | undefined;
  readonly #kept: Kept;
  readonly #names: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  /** Of the first, with the fields that are kept. */
  #part: Blank | undefined;
  /** By place; made, with the next, when the blanks are there. */
  #fields: readonly PackedField[] | undefined;
  #template: Template | undefined;
  /** What was seen of a message's binary fields: whether none is one of these. */
  #seen: { readonly binary: ReadonlySet<string>; readonly isFit: boolean } | undefined;

  /** `kept` is said of the first. */
  constructor(first: QuickStruct, second?: QuickStruct, kept?: Kept) {
    this.#first = first;
    this.#second = second;
    this.#kept = kept;
    this.#names = [...new Set([...Object.keys(first.shape), ...Object.keys(second?.shape ?? {})])].toSorted();
    this.#places = new Map(this.#names.map((name, place) => [name, place]));
  }

  unpack(packed: Packed): { readonly first: Fields; readonly second: Fields | undefined } {
    const firstBlank = this.#blankOfFirst();
    const secondBlank = this.#second?.blank;
    if (firstBlank === undefined || (secondBlank === undefined && this.#second !== undefined)) throw misfit;
    if (!this.#isFit(packed.binary)) throw misfit;
    this.#fields ??= this.#names.map((name) => this.#field(name));
    this.#template ??= templateOf(this.#fields);
    const [fields, template] = [this.#fields, this.#template];
    const { cursor } = packed;
    const first = firstBlank.copy();
    const second = secondBlank?.copy();
    let next = 0;
    for (let left = packed.open("map"); left > 0; left--) {
      const passed = pastAbsent(cursor, template, next, left);
      next += passed;
      left -= passed;
      if (left === 0) break;
      const place = this.#nextPlace(packed, fields, next);
      next = place + 1;
      const field = fields[place] as PackedField;
      if (cursor.bytes[cursor.at] === field.absent) {
        cursor.at++;
        continue;
      }
      const value = field.unpack(packed);
      if (field.isOfFirst) first[field.name] = value;
      if (field.isOfSecond && second !== undefined) second[field.name] = value;
    }
    packed.close();
    if (!firstBlank.complete(first)) throw misfit;
    if (second !== undefined && secondBlank?.complete(second) === false) throw misfit;
    return { first, second };
  }

  #blankOfFirst(): Blank | undefined {
    if (this.#kept === undefined) return this.#first.blank;
    this.#part ??= this.#first.blank?.part(this.#kept);
    return this.#part;
  }

  #isFit(binary: ReadonlySet<string>): boolean {
    if (this.#seen?.binary !== binary) this.#seen = { binary, isFit: !this.#names.some((name) => binary.has(name)) };
    return this.#seen.isFit;
  }

  /** Which field comes; most often it is the next. One that comes out of order may come twice. */
  #nextPlace(packed: Packed, fields: readonly PackedField[], next: number): number {
    const { cursor } = packed;
    const label = fields[next]?.label;
    if (label !== undefined && startsWith(cursor.bytes, cursor.at, label)) {
      cursor.at += label.length;
      return next;
    }
    const place = this.#places.get(packed.key());
    if (place === undefined || place < next) throw misfit;
    return place;
  }

  #field(name: string): PackedField {
    const [ofFirst, ofSecond] = [this.#first.shape[name], this.#second?.shape[name]];
    const schema = ofFirst ?? ofSecond;
    // Two structs that mean different things by one field are left to those who read one after the other.
    const isClear = schema !== undefined && (ofFirst === undefined || ofSecond === undefined || ofFirst === ofSecond);
    const unpack = isClear ? unpackerOf(schema) : refuse;
    const absent = (ofFirst !== undefined ? this.#first : this.#second)?.blank?.copy()[name];
    return {
      name,
      label: encodeMsgpack(name),
      unpack,
      isOfFirst: ofFirst !== undefined && this.#kept?.has(name) !== false,
      isOfSecond: ofSecond !== undefined,
      absent: soleByte(absent, unpack),
    };
  }
}

function templateOf(fields: readonly PackedField[]): Template {
  const bytes = Buffer.concat(
    fields.map(({ label, absent }) => Buffer.of(...label, absent < 0 ? neverWritten : absent)),
  );
  const starts = [0];
  for (const { label } of fields) starts.push((starts.at(-1) as number) + label.length + 1);
  const places = new Uint16Array(bytes.length);
  for (const [place, start] of starts.entries()) places.fill(place, start);
  return { bytes: viewOf(bytes), starts, places };
}

/** Goes past fields that say nothing, from a place on and at most so many, and says how many they are. */
function pastAbsent(cursor: MsgpackCursor, template: Template, place: number, most: number): number {
  const { bytes, starts, places } = template;
  const last = Math.min(place + most, starts.length - 1);
  const start = starts[place] as number;
  const end = starts[last] as number;
  const shift = cursor.at - start;
  const at = start + sameBytes(bytes, start, end, cursor);
  // The first byte that differs belongs to the first field that says something, or is another one.
  const reached = at === end ? last : (places[at] as number);
  cursor.at = (starts[reached] as number) + shift;
  return reached - place;
}

/** How many bytes of a part of `bytes` the message goes on with. */
function sameBytes(bytes: DataView, start: number, end: number, { view, at: from }: MsgpackCursor): number {
  const most = Math.min(end - start, view.byteLength - from);
  let same = 0;
  while (same + 4 <= most && bytes.getInt32(start + same) === view.getInt32(from + same)) same += 4;
  while (same < most && bytes.getInt8(start + same) === view.getInt8(from + same)) same++;
  return same;
}

/** The byte that is written for `value`, if it is one alone and is unpacked as that very value. */
function soleByte(value: unknown, unpack: Unpacker): number {
  const bytes = encodeMsgpack(value);
  try {
    const isSo = bytes.length === 1 && Object.is(unpack(new Packed(bytes, {})), value);
    return isSo ? (bytes[0] as number) : -1;
  } catch (error) {
    if (error instanceof InvalidMsgpack) return -1;
    throw error;
  }
}

function refuse(): never {
  throw misfit;
}

function startsWith(bytes: Uint8Array, start: number, beginning: Uint8Array): boolean {
  for (let at = 0; at < beginning.length; at++) if (bytes[start + at] !== beginning[at]) return false;
  return true;
}
