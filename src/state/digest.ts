import { tableNames } from "./tables.ts";
import type { StateView } from "./view.ts";

/**
 * A fingerprint of 64 bits of everything that the tables of a view hold, as 16 hexadecimal digits: servers at one
 * index have the same. Only rows that no earlier digest saw are read. Not for secrets.
 */
export function digest(view: StateView): string {
  const sum = new Fingerprint();
  sum.add(view.index);
  for (const name of tableNames) {
    sum.add(name);
    sum.add(view[name].lastIndex);
    for (const row of view[name].all()) sum.add(remembered(row));
  }
  return sum.toString();
}

/** Rows never change, so neither do their fingerprints; nor those of jobs, which many allocations share. */
const known = new WeakMap<object, string>();

function remembered(row: object): string {
  const before = known.get(row);
  if (before !== undefined) return before;
  const sum = new Fingerprint();
  addFields(sum, row);
  const fingerprint = sum.toString();
  known.set(row, fingerprint);
  return fingerprint;
}

/** In the order of the names, since what says the same must count the same. */
function addFields(sum: Fingerprint, value: object): void {
  for (const name of Object.keys(value).sort()) {
    const inner: unknown = Reflect.get(value, name);
    sum.add(name);
    if (name === "Job" && typeof inner === "object" && inner !== null) sum.add(remembered(inner));
    else addValue(sum, inner);
  }
}

function addValue(sum: Fingerprint, value: unknown): void {
  if (typeof value === "string" || typeof value === "number") sum.add(value);
  else if (Array.isArray(value)) {
    sum.mark("list");
    for (const inner of value) addValue(sum, inner);
    sum.mark("end");
  } else if (typeof value === "object" && value !== null) {
    sum.mark("fields");
    addFields(sum, value);
    sum.mark("end");
  } else sum.mark(value === true ? "true" : value === false ? "false" : "nothing");
}

/** What stands between texts and numbers; unlike any of them, so that no two values read the same. */
const marks = ["number", "text", "nothing", "true", "false", "list", "fields", "end"] as const;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** Two lanes of 32 bits, mixed as MurmurHash3 mixes a word, with its constants. */
class Fingerprint {
  #left = 0;
  #right = 0x2f6e2b1;

  mark(mark: (typeof marks)[number]): void {
    this.#mix(marks.indexOf(mark));
  }

  add(value: string | number): void {
    this.mark(typeof value === "number" ? "number" : "text");
    if (typeof value === "number") {
      float[0] = value;
      this.#mix(words[0] as number);
      this.#mix(words[1] as number);
      return;
    }
    this.#mix(value.length);
    for (let i = 0; i < value.length; i++) this.#mix(value.charCodeAt(i));
  }

  toString(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
    return hex(finished(this.#left ^ this.#right)) + hex(finished(this.#right));
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
