import { dictionary } from "../base/index.ts";

/**
 * How values of the state become bytes, in the log and in snapshots: msgpack with records. An object with known fields
 * is a record; a dictionary is a map, and becomes a dictionary again, so that every key in it is data.
 * The decoder is the one in plain JavaScript: the compiled one makes strings that keep the whole message in memory,
 * and is not there on every machine.
 */
export const packing = {
  useRecords: isRecord,
  variableMapSize: true,
  encodeUndefinedAsNil: true,
  useToJSON: false,
} as const;

/** `__keys__` is where the encoder keeps the fields of a record beside them: with such a field it writes what nobody can read. */
function isRecord(value: object): boolean {
  if (Object.getPrototypeOf(value) === null) return false;
  return !Object.hasOwn(value, "__proto__") && !Object.hasOwn(value, "__keys__");
}

/** What is empty is one object for all: most lists and dictionaries of most rows are. */
const emptyDictionary = Object.freeze(dictionary());
const emptyList = Object.freeze([]);

/** An unpacked value with dictionaries in place of maps, changed where it stands: nobody else has seen it yet. */
export function settled(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return settledList(value);
  if (value instanceof Map) return settledMap(value);
  for (const key in value) settleField(value as Record<string, unknown>, key);
  return value;
}

function settledList(list: unknown[]): readonly unknown[] {
  if (list.length === 0) return emptyList;
  for (let i = 0; i < list.length; i++) list[i] = settled(list[i]);
  return list;
}

function settledMap(map: ReadonlyMap<unknown, unknown>): object {
  if (map.size === 0) return emptyDictionary;
  return dictionary([...map].map(([key, inner]) => [String(key), settled(inner)] as const));
}

function settleField(record: Record<string, unknown>, key: string): void {
  const inner = record[key];
  if (typeof inner === "object" && inner !== null) record[key] = settled(inner);
}
