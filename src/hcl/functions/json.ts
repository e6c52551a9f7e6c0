import { isMap, numberValue, sorted, textOf, Unusable, type Value, ValueSet } from "../evaluation/value.ts";

/** How deep JSON may nest. */
const deepestJSON = 64;

/** A value as JSON, without space, members in the order of their names; `<`, `>` and `&` are escaped, as Go does. */
export function jsonText(value: Value): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "bigint" || typeof value === "number") return textOf(value);
  if (typeof value === "string") return quoted(value);
  if (isMap(value)) return `{${sorted(value).map(([key, member]) => `${quoted(key)}:${jsonText(member)}`)}}`;
  const elements = value instanceof ValueSet ? value.elements : value;
  return `[${elements.map(jsonText)}]`;
}

/** What a text of JSON says. Throws `Unusable`. */
export function fromJSON(text: string): Value {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Unusable("the text is no JSON");
  }
  return fromPlainData(data, 0);
}

/** Plain data as a value. Throws `Unusable` if it nests too deeply. */
export function fromPlainData(data: unknown, depth: number): Value {
  if (depth > deepestJSON) throw new Unusable(`it nests deeper than ${deepestJSON} levels`);
  if (data === null || typeof data === "boolean" || typeof data === "string") return data;
  if (typeof data === "number") return numberValue(data);
  if (Array.isArray(data)) return data.map((element) => fromPlainData(element, depth + 1));
  return new Map(Object.entries(data as object).map(([key, member]) => [key, fromPlainData(member, depth + 1)]));
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
