/** Kinds of values remembered; there are about a hundred. */
const mostShapes = 1_000;

/** The keys of one kind of value: as they come, sorted, and as they are written. */
export interface KeyShape<Label> {
  readonly keys: readonly string[];
  readonly sorted: readonly string[];
  /** The sorted keys as they are written. */
  readonly labels: readonly Label[];
}

/**
 * Sorting keys is the dear part of writing a value. Values of one kind have the same keys in the same order, so the
 * sorted order is remembered for each such shape, each key as `labelOf` writes it.
 */
export class KeyShapes<Label> {
  readonly #labelOf: (key: string) => Label;
  /** By the first key: shapes that begin alike are few. */
  readonly #shapes = new Map<string | undefined, KeyShape<Label>[]>();
  #remembered = 0;

  constructor(labelOf: (key: string) => Label) {
    this.#labelOf = labelOf;
  }

  /** For ordinary objects. */
  of(value: object): KeyShape<Label> {
    const keys = Object.keys(value);
    const alike = this.#shapes.get(keys[0]);
    for (const known of alike ?? []) if (sameKeys(known.keys, keys)) return known;
    const shape = this.#shape(keys);
    if (this.#remembered++ < mostShapes) this.#shapes.set(keys[0], [...(alike ?? []), shape]);
    return shape;
  }

  /** For dictionaries, whose keys are data: nothing of them is remembered. */
  unremembered(value: object): KeyShape<Label> {
    return this.#shape(Object.keys(value));
  }

  #shape(keys: readonly string[]): KeyShape<Label> {
    const sorted = keys.toSorted();
    return { keys, sorted, labels: sorted.map((key) => this.#labelOf(key)) };
  }
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
