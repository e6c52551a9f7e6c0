import * as z from "zod";
import { dictionary, type Steps } from "../base/index.ts";
import { safeRead } from "./quick-reading.ts";

/** What a schema's values are made of, as far as they can be read part by part. */
export type Parts =
  | { readonly kind: "list"; readonly element: z.ZodType }
  | { readonly kind: "map"; readonly value: z.ZodType }
  | { readonly kind: "optional"; readonly inner: z.ZodType }
  | {
      readonly kind: "struct";
      readonly shape: z.core.$ZodLooseShape;
      /** What is given, under the names of the shape. */
      readonly given: (input: object) => Readonly<Record<string, unknown>>;
    };

/** Values of so many parts are read at once, by whatever is quickest. */
const smallest = 256;
/** Parts that are read before others may have their turn. */
const stride = 1_024;

const parts = new WeakMap<object, Parts>();

/** The same schema, of which `readInSteps` knows what its values are made of. */
export function readStepwise<Schema extends z.ZodType>(schema: Schema, of: Parts): Schema {
  parts.set(schema, of);
  return schema;
}

/**
 * As `safeRead`, a part at a time: a value from outside may be of some megabytes. Of what is wrong only the first is told,
 * and nothing behind it is looked at.
 */
export function* readInSteps<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): Steps<z.ZodSafeParseSuccess<z.output<Schema>> | z.ZodSafeParseError<z.output<Schema>>> {
  const reading: Reading = { path: [], done: 0, keys: new WeakMap() };
  try {
    return { success: true, data: (yield* read(schema, input, reading)) as z.output<Schema> };
  } catch (error) {
    if (!(error instanceof Misread)) throw error;
    return { success: false, error: new z.ZodError([error.issue]) as z.ZodError<z.output<Schema>> };
  }
}

/** How far a reading has come. */
interface Reading {
  /** The names and places of the parts around the one that is read. */
  readonly path: PropertyKey[];
  /** Parts that were read since others had their turn. */
  done: number;
  /** Of large objects: to list them takes long, and is wanted more than once. */
  readonly keys: WeakMap<object, readonly string[]>;
}

/** Ends a reading at the first mistake. */
class Misread extends Error {
  override readonly name = "Misread";
  readonly issue: z.core.$ZodIssue;

  constructor(issue: z.core.$ZodIssue) {
    super(issue.message);
    this.issue = issue;
  }
}

function* read(schema: z.ZodType, input: unknown, reading: Reading): Steps<unknown> {
  const count = partsIn(input, smallest, reading);
  reading.done += count;
  const of = parts.get(schema);
  if (count < smallest || of === undefined) return readWhole(schema, input, reading);
  switch (of.kind) {
    case "optional":
      return yield* read(of.inner, input, reading);
    case "list":
      return Array.isArray(input) ? yield* readList(of.element, input, reading) : readWhole(schema, input, reading);
    case "map":
    case "struct":
      if (!isObject(input)) return readWhole(schema, input, reading);
      return of.kind === "map"
        ? yield* readMap(of.value, input, reading)
        : yield* readStruct(of.shape, of.given(input), reading);
  }
}

function* readList(element: z.ZodType, input: readonly unknown[], reading: Reading): Steps<readonly unknown[]> {
  const list: unknown[] = [];
  for (let at = 0; at < input.length; at++) list.push(yield* readPart(element, at, input[at], reading));
  return list;
}

function* readMap(value: z.ZodType, input: object, reading: Reading): Steps<object> {
  const map = dictionary<unknown>();
  for (const key of keysOf(input, reading)) {
    map[key] = yield* readPart(value, key, (input as Record<string, unknown>)[key], reading);
  }
  return map;
}

function* readStruct(
  shape: z.core.$ZodLooseShape,
  given: Readonly<Record<string, unknown>>,
  reading: Reading,
): Steps<object> {
  const struct: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) {
    const value = yield* readPart(field as z.ZodType, name, given[name], reading);
    if (value !== undefined) struct[name] = value;
  }
  return struct;
}

function* readPart(schema: z.ZodType, key: PropertyKey, input: unknown, reading: Reading): Steps<unknown> {
  if (reading.done > stride) {
    reading.done = 0;
    yield;
  }
  reading.path.push(key);
  const value = yield* read(schema, input, reading);
  reading.path.pop();
  return value;
}

function readWhole(schema: z.ZodType, input: unknown, reading: Reading): unknown {
  const found = safeRead(schema, input);
  if (found.success) return found.data;
  const [issue] = found.error.issues as [z.core.$ZodIssue];
  throw new Misread({ ...issue, path: [...reading.path, ...issue.path] });
}

/** How many parts a value has, but for those beyond `most`. */
function partsIn(value: unknown, most: number, reading: Reading): number {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  const keys = Array.isArray(value) ? undefined : keysOf(value, reading);
  const length = keys === undefined ? (value as readonly unknown[]).length : keys.length;
  for (let at = 0; at < length && count < most; at++) {
    const part = keys === undefined ? (value as readonly unknown[])[at] : (value as Record<string, unknown>)[keys[at]!];
    count += partsIn(part, most - count, reading);
  }
  return count;
}

function keysOf(object: object, reading: Reading): readonly string[] {
  const known = reading.keys.get(object);
  if (known !== undefined) return known;
  const keys = Object.keys(object);
  if (keys.length > smallest) reading.keys.set(object, keys);
  return keys;
}

function isObject(input: unknown): input is object {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}
