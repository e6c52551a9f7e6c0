import * as z from "zod";
import { assert, type Dictionary, dictionary } from "../base/index.ts";
import { described, objectForm, orNull, withDefault } from "./json-schema.ts";
import { blockUnpacker, partUnpacker, quicklyReadStruct, structOf } from "./packed-structs.ts";
import { quicklyRead, quickReaderOf, unread } from "./quick-reading.ts";
import { QuickStruct } from "./quick-struct.ts";
import { listUnpacker, mapUnpacker, optionalUnpacker, quicklyUnpacked } from "./quick-unpacking.ts";
import { readStepwise } from "./stepwise-reading.ts";

/**
 * Building blocks for schemas that read what Go programs write: `null`, absent and zero are the same,
 * keys match in any case, unknown keys are dropped. What comes out has every field, in one order.
 */

/** What is absent is the same for all values that lack it. */
const noElements: readonly never[] = Object.freeze([]);
const noEntries: Readonly<Dictionary<never>> = Object.freeze(dictionary<never>());

/** A string; absent and `null` read as `""`. Lone surrogates become U+FFFD, as Go reads them. */
export const text = withDefault(
  quicklyRead(
    z
      .string()
      .nullish()
      .transform((value) => (value ?? "").toWellFormed()),
    (input) => (typeof input === "string" ? input.toWellFormed() : (input ?? "") === "" ? "" : unread),
  ),
  { type: "string" },
);

/** An integer that a double holds exactly; absent and `null` read as `fallback`. */
export function wholeOr(fallback: number) {
  return withDefault(
    quicklyRead(
      z
        .int()
        .nullish()
        .transform((value) => value ?? fallback),
      (input = null) => (input === null ? fallback : Number.isSafeInteger(input) ? input : unread),
    ),
    { type: "integer" },
  );
}

/** An integer that a double holds exactly; absent and `null` read as 0. */
export const whole = wholeOr(0);

/** Nanoseconds, a duration or an instant: any integer of 64 bits, rounded to what a double holds. */
export const nanosecondCount = withDefault(
  quicklyRead(
    z
      .number()
      .refine(isNanosecondCount, "must be a whole number of nanoseconds")
      .nullish()
      .transform((value) => value ?? 0),
    (input = null) => (input === null ? 0 : isNanosecondCount(input) ? input : unread),
  ),
  { type: "integer", format: "int64" },
);

/** A floating point number; absent and `null` read as 0. */
export const real = withDefault(
  quicklyRead(
    z
      .number()
      .nullish()
      .transform((value) => value ?? 0),
    (input = null) => (input === null ? 0 : Number.isFinite(input) ? input : unread),
  ),
  { type: "number" },
);

/** A boolean; absent and `null` read as false. */
export const flag = withDefault(
  quicklyRead(
    z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    (input = null) => (input === null ? false : typeof input === "boolean" ? input : unread),
  ),
  { type: "boolean" },
);

/** A point in time as RFC 3339 text; absent and `null` read as `null`. */
export const timestamp = described(
  quicklyRead(
    z
      .string()
      .nullish()
      .transform((value) => value ?? null),
    (input = null) => (input === null || typeof input === "string" ? input : unread),
  ),
  () => ({ type: ["string", "null"], format: "date-time" }),
);

/** Any JSON value, kept as it is; absent reads as `null`. */
export const anything = described(
  quicklyRead(
    z
      .unknown()
      .optional()
      .transform((value) => value ?? null),
    (input = null) => input,
  ),
  () => ({}),
);

/** A list; absent and `null` read as `[]`. An element that is `null` is refused with its path. */
export function listOf<Element extends z.ZodType>(element: Element) {
  const read = quickReaderOf(element);
  const schema = z
    .array(element)
    .nullish()
    .transform((value): readonly z.output<Element>[] => value ?? noElements);
  const quickly = (input: unknown = null) => {
    if (input === null) return noElements;
    if (!Array.isArray(input)) return unread;
    const list = input.map(read);
    return list.includes(unread) ? unread : list;
  };
  const readable = quicklyUnpacked(quicklyRead(schema, quickly), listUnpacker(element, noElements));
  return described(readStepwise(readable, { kind: "list", element }), (direction, inner) => {
    const list = { type: "array", items: inner(element) };
    return direction === "asked" ? orNull(list) : list;
  });
}

/** A map with keys from outside; absent and `null` read as an empty one. Keys such as `__proto__` are data. */
export function mapOf<Value extends z.ZodType>(value: Value) {
  const read = quickReaderOf(value);
  const quickly = (input: unknown = null) => {
    if (input === null) return noEntries;
    if (typeof input !== "object" || Array.isArray(input)) return unread;
    const result = dictionary<unknown>();
    for (const [key, inner] of Object.entries(input)) {
      const found = read(inner);
      if (found === unread) return unread;
      result[key] = found;
    }
    return result;
  };
  const readable = quicklyUnpacked(quicklyRead(zodMapOf(value), quickly), mapUnpacker(value, noEntries));
  return described(readStepwise(readable, { kind: "map", value }), (direction, inner) => {
    const map = { type: "object", additionalProperties: inner(value) };
    return direction === "asked" ? orNull(map) : map;
  });
}

function zodMapOf<Value extends z.ZodType>(value: Value) {
  return z
    .unknown()
    .optional()
    .transform((input, context): Readonly<Dictionary<z.output<Value>>> => {
      if (input === null || input === undefined) return noEntries;
      if (typeof input !== "object" || Array.isArray(input)) {
        context.addIssue({ code: "custom", message: `must be an object: got ${kindOf(input)}` });
        return z.NEVER;
      }
      const result = dictionary<z.output<Value>>();
      for (const [key, inner] of Object.entries(input)) {
        const parsed = value.safeParse(inner);
        if (parsed.success) result[key] = parsed.data;
        else
          for (const issue of parsed.error.issues) context.addIssue({ ...issue, path: [key, ...issue.path] } as never);
      }
      return result;
    });
}

/** A block that may be missing; absent reads as `null`, so that every row has one shape. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  const read = quickReaderOf(schema);
  const nullable = schema
    .nullish()
    .transform((value): z.output<Schema> | null => (value ?? null) as z.output<Schema> | null);
  const quickly = (input: unknown = null) => (input === null ? null : read(input));
  const readable = quicklyUnpacked(quicklyRead(nullable, quickly), optionalUnpacker(schema));
  return described(readStepwise(readable, { kind: "optional", inner: schema }), (_, inner) => orNull(inner(schema)));
}

/** An object with known fields. Keys match in any case, an exact match first; unknown ones are dropped. */
export function struct<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const canonical = new Map(Object.keys(shape).map((key) => [key.toLowerCase(), key]));
  const schema = z.preprocess((input) => withCanonicalKeys(input, shape, canonical), z.object(shape));
  const struct = new QuickStruct(schema, shape, canonical);
  const given = (input: object) => withCanonicalKeys(input, shape, canonical) as Readonly<Record<string, unknown>>;
  const readable = readStepwise(quicklyReadStruct(schema, struct), { kind: "struct", shape, given });
  return described(readable, (direction, inner) => objectForm(struct.shape, direction, inner));
}

/** Like `struct`, and absent or `null` reads as the object with all its defaults. */
export function block<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const canonical = new Map(Object.keys(shape).map((key) => [key.toLowerCase(), key]));
  const schema = z
    .unknown()
    .optional()
    .transform((input) => withCanonicalKeys(input ?? {}, shape, canonical))
    .pipe(z.object(shape));
  const reader = new QuickStruct(schema, shape, canonical);
  const read = (input: unknown) => reader.read(input ?? {});
  const readable = quicklyUnpacked(quicklyRead(schema, read), blockUnpacker(reader));
  const given = (input: object) => withCanonicalKeys(input, shape, canonical) as Readonly<Record<string, unknown>>;
  return described(readStepwise(readable, { kind: "struct", shape, given }), (direction, inner) => {
    const form = objectForm(reader.shape, direction, inner);
    return direction === "asked" ? orNull(form) : form;
  });
}

/** Reads a struct as `schema` does, with all that it refuses, and keeps only some of its fields. */
export function partOf<Schema extends z.ZodType, Name extends keyof z.output<Schema> & string>(
  schema: Schema,
  names: readonly Name[],
) {
  const kept: ReadonlySet<string> = new Set(names);
  const part = (value: z.output<Schema>) =>
    Object.fromEntries(Object.entries(value as object).filter(([name]) => kept.has(name))) as Pick<
      z.output<Schema>,
      Name
    >;
  const read = quickReaderOf(schema);
  const quickly = (input: unknown) => {
    const value = read(input);
    return value === unread ? unread : part(value as z.output<Schema>);
  };
  const struct = structOf(schema);
  assert(struct !== undefined, "parts are kept of structs");
  return quicklyUnpacked(quicklyRead(schema.transform(part), quickly), partUnpacker(struct, kept));
}

/** One line for the first thing that is wrong: its path, what was expected, what was found. */
export function describeIssues(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "unreadable";
  return `${pathText(issue.path)}${issue.path.length > 0 ? ": " : ""}${issue.message}`;
}

function isNanosecondCount(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 63;
}

function withCanonicalKeys(input: unknown, shape: object, canonical: ReadonlyMap<string, string>): unknown {
  if (input === null || typeof input !== "object" || Array.isArray(input)) return input;
  const result = dictionary<unknown>();
  for (const [key, value] of Object.entries(input)) {
    const name = Object.hasOwn(shape, key) ? key : canonical.get(key.toLowerCase());
    if (name !== undefined && (name === key || !Object.hasOwn(input, name))) result[name] = value;
  }
  return result;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : `${at > 0 ? "." : ""}${String(part)}`))
    .join("");
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
