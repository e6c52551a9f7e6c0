import { mayBeUntold, tableNames } from "./tables.ts";
import type { StateView, TableView } from "./view.ts";

/**
 * A fingerprint of 64 bits of everything that the tables of a view hold, as 16 hexadecimal digits: servers at one
 * index have the same. Only rows that no earlier digest saw are read, and only tables that have changed since are gone
 * through. Not for secrets.
 */
export function digest(view: StateView): string {
  const sum = new Fingerprint();
  sum.addNumber(view.index);
  for (const name of tableNames) {
    const table: TableView<object> = view[name];
    if (mayBeUntold(name) && table.lastIndex === 0) continue;
    sum.addText(name);
    sum.addNumber(table.lastIndex);
    sum.addWords(rowsOf(table));
  }
  return sum.toString();
}

interface Words {
  readonly left: number;
  readonly right: number;
}

/** Rows never change, so neither do their fingerprints; nor those of jobs, which many allocations share. */
const known = new WeakMap<object, Words>();

/** All rows of a table, in the order of their keys. */
function rowsOf(table: TableView<object>): Words {
  const before = known.get(table.contents);
  if (before !== undefined) return before;
  const sum = new Fingerprint();
  for (const row of table.all()) sum.addWords(rowOf(row));
  return remembered(table.contents, sum);
}

function rowOf(row: object): Words {
  const before = known.get(row);
  if (before !== undefined) return before;
  const sum = new Fingerprint();
  addFields(sum, row);
  return remembered(row, sum);
}

function remembered(of: object, { left, right }: Fingerprint): Words {
  const words = { left, right };
  known.set(of, words);
  return words;
}

/** Each field counts by itself and the order of them does not: what says the same must count the same. */
function addFields(sum: Fingerprint, value: object): void {
  const field = new Fingerprint();
  let [left, right, count] = [0, 0, 0];
  for (const name in value) {
    const inner: unknown = (value as Readonly<Record<string, unknown>>)[name];
    field.begin();
    field.addText(name);
    if (name === "Job" && typeof inner === "object" && inner !== null) field.addWords(rowOf(inner));
    else addValue(field, inner);
    left = (left + field.left) | 0;
    right = (right + field.right) | 0;
    count++;
  }
  sum.addNumber(count);
  sum.addWords({ left, right });
}

function addValue(sum: Fingerprint, value: unknown): void {
  if (typeof value === "string") sum.addText(value);
  else if (typeof value === "number") sum.addNumber(value);
  else if (Array.isArray(value)) {
    sum.mark(marks.list);
    for (const inner of value) addValue(sum, inner);
    sum.mark(marks.end);
  } else if (typeof value === "object" && value !== null) {
    sum.mark(marks.fields);
    addFields(sum, value);
  } else sum.mark(value === true ? marks.true : value === false ? marks.false : marks.nothing);
}

/** What stands between texts and numbers; unlike any of them, so that no two values read the same. */
const marks = { number: 0, text: 1, nothing: 2, true: 3, false: 4, list: 5, fields: 6, end: 7 } as const;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** Two lanes of 32 bits, mixed as MurmurHash3 mixes a word, with its constants. */
class Fingerprint {
  #left = 0;
  #right = 0x2f6e2b1;

  /** Forgets all that was added. */
  begin(): void {
    this.#left = 0;
    this.#right = 0x2f6e2b1;
  }

  /** 64 bits in two words, in which every bit of what was added has an influence on every other. */
  get left(): number {
    return finished(this.#left ^ this.#right);
  }

  get right(): number {
    return finished(this.#right);
  }

  mark(mark: number): void {
    this.#mix(mark);
  }

  addNumber(value: number): void {
    float[0] = value;
    this.#mix(marks.number);
    this.#mix(words[0] as number);
    this.#mix(words[1] as number);
  }

  /** Two code units make a word. */
  addText(value: string): void {
    this.#mix(marks.text);
    this.#mix(value.length);
    const even = value.length & ~1;
    for (let i = 0; i < even; i += 2) this.#mix(value.charCodeAt(i) | (value.charCodeAt(i + 1) << 16));
    if (even < value.length) this.#mix(value.charCodeAt(even));
  }

  addWords({ left, right }: Words): void {
    this.#mix(left);
    this.#mix(right);
  }

  toString(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.left) + hex(this.right);
  }

  #mix(word: number): void {
    this.#left = (Math.imul(rotated(this.#left ^ scrambled(word, 0xcc9e2d51, 15), 13), 5) + 0x52dce729) | 0;
    this.#right = (Math.imul(rotated(this.#right ^ scrambled(word, 0x1b873593, 16), 17), 5) + 0x38495ab5) | 0;
  }
}

const rotated = (word: number, by: number) => (word << by) | (word >>> (32 - by));
const scrambled = (word: number, factor: number, by: number) => Math.imul(rotated(Math.imul(word, factor), by), factor);

/** Lets every bit of a word have an influence on every other. */
function finished(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
