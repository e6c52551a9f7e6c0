import { type QuickReader, unread } from "./quick-reading.ts";

export type Fields = Record<string, unknown>;

/**
 * A value with all its fields absent, to be copied for each value that is read: so only fields that are there cost
 * anything, and all values have one hidden class and are small and quick to look into.
 */
export class Blank {
  readonly #fields: Fields;
  readonly #readers: ReadonlyMap<string, QuickReader>;
  /** Fields whose value when absent cannot be shared, or that must not be absent. */
  readonly #own: readonly (readonly [name: string, read: QuickReader])[];

  /** `first` lends its hidden class. */
  constructor(first: Fields, readers: ReadonlyMap<string, QuickReader>) {
    const absent = [...readers].map(([name, read]) => [name, read, read(undefined)] as const);
    const own = absent.filter(([, , value]) => value === unread || value === undefined || !isShareable(value));
    this.#readers = readers;
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

  /** The same with some of the fields only. Undefined if one of the others must not be absent. */
  part(kept: ReadonlySet<string>): Blank | undefined {
    if (this.#own.some(([name, read]) => !kept.has(name) && read(undefined) === unread)) return undefined;
    const fields = Object.entries(this.#fields).filter(([name]) => kept.has(name));
    return new Blank(Object.fromEntries(fields), new Map([...this.#readers].filter(([name]) => kept.has(name))));
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
