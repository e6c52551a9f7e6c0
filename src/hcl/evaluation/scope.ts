import type { Value } from "./value.ts";

/** Something needs a value that there is none of, for a reason that has been told of. */
export class AlreadyTold extends Error {
  override readonly name = "AlreadyTold";
}

/** Members that are computed when they are asked for, such as those of `local`. */
export interface LazyMembers {
  /** Throws `HCLError`, or `AlreadyTold`. */
  get(name: string): Value | undefined;
  names(): readonly string[];
}

/** What names mean at a place; an inner scope hides names of the outer one. */
export class Scope {
  readonly #values: ReadonlyMap<string, Value>;
  readonly #outer: Scope | undefined;
  readonly #lazy: ReadonlyMap<string, LazyMembers>;

  constructor(
    values: ReadonlyMap<string, Value>,
    { outer, lazy = new Map() }: { readonly outer?: Scope; readonly lazy?: ReadonlyMap<string, LazyMembers> } = {},
  ) {
    this.#values = values;
    this.#outer = outer;
    this.#lazy = lazy;
  }

  with(values: ReadonlyMap<string, Value>): Scope {
    return new Scope(values, { outer: this });
  }

  value(name: string): Value | undefined {
    const own = this.#values.get(name);
    return own === undefined ? this.#outer?.value(name) : own;
  }

  /** The lazy members that a name stands for, unless it means something else here. */
  members(name: string): LazyMembers | undefined {
    if (this.#values.has(name)) return undefined;
    return this.#lazy.get(name) ?? this.#outer?.members(name);
  }

  names(): string[] {
    return [...this.#values.keys(), ...this.#lazy.keys(), ...(this.#outer?.names() ?? [])];
  }
}
