import { decodeFirstMsgpack, encodeMsgpack, InvalidMsgpack } from "../../wire/index.ts";
import { Unreadable } from "./unreadable.ts";

/** What the messages of memberlist and Serf are made of. An ordinary object is a struct: its fields are written sorted. */
export type Value =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly Value[]
  | { readonly [field: string]: Value | undefined };

/** Fields that hold bytes. All other raw values are text; the wire does not tell them apart. */
const binary: ReadonlySet<string> = new Set([
  "Addr",
  "Buf",
  "Filters",
  "IP",
  "Key",
  "Meta",
  "Payload",
  "SourceAddr",
  "Target",
  "Vsn",
]);

/** A struct, without a type byte before it. */
export function encodeFields(fields: Readonly<Record<string, Value | undefined>>): Uint8Array {
  return encodeMsgpack(fields);
}

/** A message: its type byte, then a struct. */
export function encodeMessage(type: number, fields: Readonly<Record<string, Value | undefined>>): Uint8Array {
  return Buffer.concat([Uint8Array.of(type), encodeMsgpack(fields)]);
}

/** Reads the struct at the beginning of `bytes`; what follows it is ignored, as Go ignores it. Throws `Unreadable`. */
export function fieldsOf(bytes: Uint8Array): Fields {
  return firstFields(bytes).fields;
}

/** The same, and where the struct ends. */
export function firstFields(bytes: Uint8Array): { readonly fields: Fields; readonly end: number } {
  const { value, end } = first(bytes);
  return { fields: new Fields(value), end };
}

/** Reads a value that may be anything but must be a map of texts, such as tags. Throws `Unreadable`. */
export function textMapOf(bytes: Uint8Array): ReadonlyMap<string, string> {
  const { value } = first(bytes, new Set());
  return new Map(
    entriesOf(value, "a map of texts").map(([key, text]) => {
      if (typeof text !== "string") throw new Unreadable(`${key} is not text`);
      return [key, text];
    }),
  );
}

function first(bytes: Uint8Array, binaryFields = binary): { readonly value: unknown; readonly end: number } {
  try {
    return decodeFirstMsgpack(bytes, { binary: binaryFields });
  } catch (cause) {
    if (cause instanceof InvalidMsgpack) throw new Unreadable(cause.message, { cause });
    throw cause;
  }
}

function entriesOf(value: unknown, what: string): [string, unknown][] {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object" || Array.isArray(value) || value instanceof Uint8Array) {
    throw new Unreadable(`not ${what}`);
  }
  return Object.entries(value);
}

/**
 * A struct from a peer. As Go has it, a field that is missing or nil reads as the zero of its type. Whatever has
 * another type or is beyond the limit given throws `Unreadable`.
 */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(value: unknown) {
    this.#values = new Map(entriesOf(value, "a struct"));
  }

  text(name: string, maxBytes: number): string {
    return textOf(this.#of(name) ?? "", name, maxBytes);
  }

  bytes(name: string, maxBytes: number): Uint8Array {
    return bytesOf(this.#of(name) ?? new Uint8Array(), name, maxBytes);
  }

  /** An integer from 0 to `max`. */
  integer(name: string, max: number): number {
    return integerOf(this.#of(name) ?? 0, name, max);
  }

  uint32(name: string): number {
    return this.integer(name, 0xffff_ffff);
  }

  port(name: string): number {
    return this.integer(name, 65_535);
  }

  flag(name: string): boolean {
    const value = this.#of(name) ?? false;
    if (typeof value !== "boolean" && value !== 0 && value !== 1) throw new Unreadable(`${name} is not a boolean`);
    return Boolean(value);
  }

  struct(name: string): Fields {
    return new Fields(this.#of(name));
  }

  /** The structs of a list; nil among them is left out. */
  structs(name: string, most: number): readonly Fields[] {
    return this.#list(name, most)
      .filter((element) => element !== null)
      .map((element) => new Fields(element));
  }

  texts(name: string, limit: { readonly entries: number; readonly bytes: number }): readonly string[] {
    return this.#list(name, limit.entries).map((element) => textOf(element, name, limit.bytes));
  }

  blobs(name: string, limit: { readonly entries: number; readonly bytes: number }): readonly Uint8Array[] {
    return this.#list(name, limit.entries).map((element) => bytesOf(element, name, limit.bytes));
  }

  integerMap(
    name: string,
    limit: { readonly entries: number; readonly keyBytes: number; readonly max: number },
  ): ReadonlyMap<string, number> {
    const entries = entriesOf(this.#of(name), "a map");
    if (entries.length > limit.entries) throw new Unreadable(`${name} has ${entries.length} entries`);
    return new Map(
      entries.map(([key, value]) => [textOf(key, name, limit.keyBytes), integerOf(value, name, limit.max)]),
    );
  }

  #of(name: string): unknown {
    return this.#values.get(name) ?? undefined;
  }

  #list(name: string, most: number): readonly unknown[] {
    const value = this.#of(name) ?? [];
    if (!Array.isArray(value)) throw new Unreadable(`${name} is not a list`);
    if (value.length > most) throw new Unreadable(`${name} has ${value.length} entries`);
    return value;
  }
}

function textOf(value: unknown, name: string, maxBytes: number): string {
  if (typeof value !== "string") throw new Unreadable(`${name} is not text`);
  if (value.length > maxBytes || Buffer.byteLength(value) > maxBytes) throw new Unreadable(`${name} is too long`);
  return value;
}

function bytesOf(value: unknown, name: string, maxBytes: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Unreadable(`${name} is not bytes`);
  if (value.length > maxBytes) throw new Unreadable(`${name} is too long`);
  return value;
}

function integerOf(value: unknown, name: string, max: number): number {
  if (!Number.isInteger(value)) throw new Unreadable(`${name} is not an integer`);
  const integer = value as number;
  if (integer < 0 || integer > max) throw new Unreadable(`${name} is out of range`);
  return integer;
}
