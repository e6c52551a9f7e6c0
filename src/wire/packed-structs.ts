import type * as z from "zod";
import type { Fields } from "./blank.ts";
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

const structs = new WeakMap<object, QuickStruct>();

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

/** Unpacks a struct, or two whose fields lie beside each other in one map. */
class PackedStructs {
  readonly #first: QuickStruct;
  readonly #second: QuickStruct | undefined;
  readonly #names: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  /** By place; made when the blanks are there. */
  #fields: readonly PackedField[] | undefined;
  /** What was seen of a message's binary fields: whether none is one of these. */
  #seen: { readonly binary: ReadonlySet<string>; readonly isFit: boolean } | undefined;

  constructor(first: QuickStruct, second?: QuickStruct) {
    this.#first = first;
    this.#second = second;
    this.#names = [...new Set([...Object.keys(first.shape), ...Object.keys(second?.shape ?? {})])].toSorted();
    this.#places = new Map(this.#names.map((name, place) => [name, place]));
  }

  unpack(packed: Packed): { readonly first: Fields; readonly second: Fields | undefined } {
    const [firstBlank, secondBlank] = [this.#first.blank, this.#second?.blank];
    if (firstBlank === undefined || (secondBlank === undefined && this.#second !== undefined)) throw misfit;
    if (!this.#isFit(packed.binary)) throw misfit;
    this.#fields ??= this.#names.map((name) => this.#field(name));
    const fields = this.#fields;
    const { cursor } = packed;
    const first = firstBlank.copy();
    const second = secondBlank?.copy();
    let place = -1;
    for (let left = packed.open("map"); left > 0; left--) {
      place = this.#nextPlace(packed, fields, place + 1);
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
      isOfFirst: ofFirst !== undefined,
      isOfSecond: ofSecond !== undefined,
      absent: soleByte(absent, unpack),
    };
  }
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
