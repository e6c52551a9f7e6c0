import type * as z from "zod";
import { Blank, type Fields } from "./blank.ts";
import { type QuickReader, quickReaderOf, readByZod, unread } from "./quick-reading.ts";

/** Reads an object field by field. Whatever is not as it should be is left to zod. */
export class QuickStruct {
  readonly shape: Readonly<Record<string, z.ZodType>>;
  readonly #schema: z.ZodType;
  readonly #fields: ReadonlyMap<string, QuickReader>;
  /** The known keys in lower case. */
  readonly #known: ReadonlyMap<string, string>;
  #blank: Blank | undefined;

  /** `schema` reads the same by zod. */
  constructor(schema: z.ZodType, shape: z.core.$ZodLooseShape, known: ReadonlyMap<string, string>) {
    this.shape = shape as Readonly<Record<string, z.ZodType>>;
    this.#schema = schema;
    this.#fields = new Map(Object.entries(this.shape).map(([name, field]) => [name, quickReaderOf(field)]));
    this.#known = known;
  }

  /** What is copied for each value; undefined until a first one was read. */
  get blank(): Blank | undefined {
    return this.#blank;
  }

  read(input: unknown): unknown {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return unread;
    const blank = this.#blank;
    if (blank === undefined) return this.#readFirst(input);
    const result = blank.copy();
    for (const key in input) {
      const read = this.#fields.get(key);
      if (read === undefined) {
        if (this.#known.has(key.toLowerCase())) return unread;
        continue;
      }
      const value = read((input as Fields)[key]);
      if (value === unread || value === undefined) return unread;
      result[key] = value;
    }
    return blank.complete(result) ? result : unread;
  }

  /** Zod shows what such objects look like, from no more than it must have: a whole job would take it most of a second. */
  #readFirst(input: object): unknown {
    const first = readByZod(this.#schema, this.#neededOf(input));
    const isWhole = first !== unread && Object.keys(first as Fields).length === this.#fields.size;
    if (!isWhole) return readByZod(this.#schema, input);
    this.#blank = new Blank(first as Fields, this.#fields);
    return this.read(input);
  }

  /** The fields that must not be absent. */
  #neededOf(input: object): object {
    const isNeeded = (key: string) => {
      const read = this.#fields.get(this.#fields.has(key) ? key : (this.#known.get(key.toLowerCase()) ?? key));
      return read !== undefined && read(undefined) === unread;
    };
    return Object.fromEntries(Object.entries(input).filter(([key]) => isNeeded(key)));
  }
}
