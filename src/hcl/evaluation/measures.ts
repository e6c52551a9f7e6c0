import { elementsOf, isMap, type Value } from "./value.ts";

/** How large a value is to whoever goes through it: what is in it twice counts twice. */
export interface Measure {
  /** How many lists and objects are inside one another. */
  readonly depth: number;
  readonly elements: number;
  /** Of all its texts and names. */
  readonly characters: number;
}

/** Measures values, each list and object once, however often it is part of others. */
export class Measures {
  readonly #known = new WeakMap<object, Measure>();

  of(value: Value): Measure {
    if (typeof value === "string") return { depth: 0, elements: 1, characters: value.length };
    if (value === null || typeof value !== "object") return single;
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    let [depth, elements, characters] = [0, 1, 0];
    const add = (below: Value): void => {
      const measure = this.of(below);
      depth = Math.max(depth, measure.depth);
      elements += measure.elements;
      characters += measure.characters;
    };
    if (isMap(value)) {
      for (const [key, member] of value) {
        characters += key.length;
        add(member);
      }
    } else for (const element of elementsOf(value) ?? []) add(element);
    const measured = { depth: depth + 1, elements, characters };
    this.#known.set(value, measured);
    return measured;
  }
}

const single: Measure = { depth: 0, elements: 1, characters: 0 };
