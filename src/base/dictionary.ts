/**
 * A map with keys from outside. It has no prototype, so that a key such as `constructor` or `__proto__` is
 * a key like any other.
 */
export type Dictionary<Value> = { [key: string]: Value };

/**
 * Builds a dictionary from pairs; a later pair replaces an earlier one of the same key. What `Object.create(null)` makes
 * is a hash table from the start, three times as large with few keys, and slow to go through; this becomes one when it is worth it.
 */
export function dictionary<Value>(entries: Iterable<readonly [string, Value]> = []): Dictionary<Value> {
  const result: Dictionary<Value> = Object.setPrototypeOf({}, null);
  for (const [key, value] of entries) result[key] = value;
  return result;
}

/**
 * The same for keys of which no two dictionaries have the same, such as ids that are drawn by chance: it is a hash table from the
 * start. Otherwise the runtime would keep a layout for each set of keys; with twenty ids that takes six times as long.
 */
export function dictionaryByID<Value>(entries: Iterable<readonly [string, Value]> = []): Dictionary<Value> {
  const result: Dictionary<Value> = Object.create(null);
  for (const [key, value] of entries) result[key] = value;
  return result;
}

/** A dictionary with all pairs of `parts`, later ones winning. */
export function merged<Value>(...parts: readonly (Readonly<Record<string, Value>> | undefined)[]): Dictionary<Value> {
  const result: Dictionary<Value> = dictionary();
  for (const part of parts) {
    if (part === undefined) continue;
    for (const key of Object.keys(part)) result[key] = part[key] as Value;
  }
  return result;
}
