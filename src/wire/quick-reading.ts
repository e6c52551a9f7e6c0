import type * as z from "zod";

/**
 * Zod reads a job of forty fields in some hundred microseconds, most of them spent on what could be wrong with it. So each
 * building block of a schema has a reader beside it that only knows values which are right, and leaves all others to
 * zod, which says what is wrong. Both must come to the same value: `quick-reading.test.ts` holds them together.
 */
export type QuickReader = (input: unknown) => unknown;

/** What a quick reader says of a value that zod must look at. */
export const unread = Symbol("unread");

const readers = new WeakMap<object, QuickReader>();

/** The same schema, which `safeRead` reads by `reader`. */
export function quicklyRead<Schema extends z.ZodType>(schema: Schema, reader: QuickReader): Schema {
  readers.set(schema, reader);
  return schema;
}

/** The quick reader of a schema; one that has none is read by zod. */
export function quickReaderOf(schema: z.ZodType): QuickReader {
  return readers.get(schema) ?? ((input) => readByZod(schema, input));
}

/** As the schema's own `safeParse`, and several times quicker for what is as it should be. */
export function safeRead<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.ZodSafeParseSuccess<z.output<Schema>> | z.ZodSafeParseError<z.output<Schema>> {
  const data = readers.get(schema)?.(input) ?? unread;
  return data === unread ? schema.safeParse(input) : { success: true, data: data as z.output<Schema> };
}

/**
 * Reads an object field by field; `schema` is the one that reads it by zod. Whatever is not as it should be is left to
 * zod, and so is a field that must not be left out.
 */
export function structReader(
  schema: z.ZodType,
  shape: Readonly<Record<string, unknown>>,
  canonical: ReadonlyMap<string, string>,
): QuickReader {
  const fields = new Map(Object.entries(shape).map(([name, field]) => [name, quickReaderOf(field as z.ZodType)]));
  let blank: Blank | undefined;
  return (input) => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return unread;
    if (blank === undefined) {
      const first = readByZod(schema, input);
      if (first !== unread && Object.keys(first as object).length === fields.size)
        blank = new Blank(first as Fields, fields);
      return first;
    }
    const result = blank.copy();
    for (const key in input) {
      const read = fields.get(key);
      if (read === undefined) {
        if (canonical.has(key.toLowerCase())) return unread;
        continue;
      }
      const value = read((input as Fields)[key]);
      if (value === unread || value === undefined) return unread;
      result[key] = value;
    }
    return blank.complete(result) ? result : unread;
  };
}

type Fields = Record<string, unknown>;

/**
 * A value with all its fields absent, to be copied for each value that is read: so only fields that are there cost
 * anything, and all values have one hidden class and are small and quick to look into.
 */
class Blank {
  readonly #fields: Fields;
  /** Fields whose value when absent cannot be shared, or that must not be absent. */
  readonly #own: readonly (readonly [name: string, read: QuickReader])[];

  /** `first` lends its hidden class. */
  constructor(first: Fields, readers: ReadonlyMap<string, QuickReader>) {
    const absent = [...readers].map(([name, read]) => [name, read, read(undefined)] as const);
    const own = absent.filter(([, , value]) => value === unread || value === undefined || !isShareable(value));
    this.#fields = Object.assign({}, first);
    for (const [name, , value] of absent) {
      // A field that held both is known to hold anything. Otherwise the first fraction in a copy would outdate the
      // hidden class of this one, and all later copies would be several times as dear.
      this.#fields[name] = 0;
      this.#fields[name] = name;
      this.#fields[name] = value;
    }
    for (const [name] of own) this.#fields[name] = undefined;
    this.#own = own.map(([name, read]) => [name, read]);
  }

  // Several times quicker than to spread it: this is called for values of all shapes.
  copy(): Fields {
    return Object.assign({}, this.#fields);
  }

  /** Fills in what is not shared; false if something is missing. */
  complete(result: Fields): boolean {
    for (const [name, read] of this.#own) {
      if (result[name] !== undefined) continue;
      const value = read(undefined);
      if (value === unread || value === undefined) return false;
      result[name] = value;
    }
    return true;
  }
}

function isShareable(value: unknown): boolean {
  return typeof value !== "object" || Object.isFrozen(value);
}

function readByZod(schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input);
  return parsed.success ? parsed.data : unread;
}
