/**
 * A map with keys from outside. It has no prototype, so that a key such as `constructor` or `__proto__` is
 * a key like any other.
 */
export type Dictionary<Value> = { [key: string]: Value };

/** Builds a dictionary from pairs; a later pair replaces an earlier one of the same key. */
export function dictionary<Value>(entries: Iterable<readonly [string, Value]> = []): Dictionary<Value> {
  const result: Dictionary<Value> = Object.create(null);
  for (const [key, value] of entries) result[key] = value;
  return result;
}

/** A dictionary with all pairs of `parts`, later ones winning. */
export function merged<Value>(...parts: readonly (Readonly<Record<string, Value>> | undefined)[]): Dictionary<Value> {
  return dictionary(parts.flatMap((part) => (part === undefined ? [] : Object.entries(part))));
}
