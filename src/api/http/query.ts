import { parseGoBoolean } from "../../base/index.ts";
import { Refusal } from "./refusal.ts";

/** What a path was asked with. Of a repeated name, `get` is the first value. */
export interface Query {
  get(name: string): string | null;
  getAll(name: string): readonly string[];
  has(name: string): boolean;
}

const longestValue = 1_024;

/** Reads a decimal int64 as Go's `strconv.ParseInt` does; throws an `Error` with the text that gives. */
export function parseGoInteger(text: string): number {
  return parsed(text, { form: /^[+-]?[0-9]+$/, by: "ParseInt" });
}

/** The same of a uint64 and `strconv.ParseUint`. */
export function parseGoUnsigned(text: string): number {
  return parsed(text, { form: /^[0-9]+$/, by: "ParseUint" });
}

function parsed(text: string, { form, by }: { readonly form: RegExp; readonly by: string }): number {
  const shown = JSON.stringify(text.slice(0, longestValue));
  if (text.length > longestValue || !form.test(text))
    throw new Error(`strconv.${by}: parsing ${shown}: invalid syntax`);
  if (Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER) {
    throw new Error(`strconv.${by}: parsing ${shown}: value out of range`);
  }
  return Number(text);
}

/** A boolean of the query, or a refusal with `text`. */
export function booleanIn(query: Query, name: string, text: string): boolean {
  const value = parseGoBoolean(query.get(name) ?? "");
  if (value === undefined) throw new Refusal(400, text);
  return value;
}
