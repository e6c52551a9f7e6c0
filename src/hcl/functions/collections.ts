import { type Call, fixed, type HCLFunction, optional, variadic } from "../evaluation/function.ts";
import {
  elementsOf,
  identity,
  isMap,
  isSame,
  kindOf,
  numberValue,
  sorted,
  Unusable,
  type Value,
  type ValueMap,
  ValueSet,
} from "../evaluation/value.ts";

/** Functions of lists, sets and objects. */
export const collectionFunctions: Readonly<Record<string, HCLFunction>> = {
  chunklist: fixed(["list", "integer"], ([list, size], { budget }) => {
    if (size < 0) throw new Unusable("the size is negative", { parameter: 1 });
    if (size === 0) return [list];
    const count = Math.ceil(list.length / size);
    budget.spend(count);
    return Array.from({ length: count }, (_, at) => list.slice(at * size, (at + 1) * size));
  }),
  coalesce: variadic("any", 1, (values) => {
    return firstOr(
      values.find((value) => value !== null && value !== ""),
      "all values are null or empty",
    );
  }),
  coalescelist: variadic("list", 1, (lists) =>
    firstOr(
      lists.find(({ length }) => length > 0),
      "all lists are empty",
    ),
  ),
  compact: fixed(["strings"], ([texts]) => texts.filter((text) => text !== "")),
  concat: variadic("list", 1, (lists, { budget }) => {
    budget.spend(lists.reduce((sum, { length }) => sum + length, 0));
    return lists.flat();
  }),
  contains: fixed(["list", "any"], ([list, wanted], { budget }) => {
    budget.spend(list.length);
    return list.some((element) => isSame(element, wanted));
  }),
  distinct: fixed(["list"], ([list], { budget }) => {
    budget.spend(list.length);
    return [...new Map(list.map((element) => [identity(element), element])).values()];
  }),
  element: fixed(["list", "integer"], ([list, index]) => {
    if (list.length === 0) throw new Unusable("the list is empty", { parameter: 0 });
    return list[((index % list.length) + list.length) % list.length]!;
  }),
  flatten: fixed(["list"], ([list], { budget }) => flattened(list, budget)),
  index: fixed(["list", "any"], ([list, wanted], { budget }) => {
    budget.spend(list.length);
    const found = list.findIndex((element) => isSame(element, wanted));
    if (found === -1) throw new Unusable("the value is not in the list", { parameter: 1 });
    return BigInt(found);
  }),
  keys: fixed(["map"], ([map]) => sorted(map).map(([key]) => key)),
  length: fixed(["any"], ([value]) => BigInt(sizeOf(value))),
  lookup: optional(["map", "string", "any"], 2, ([map, key, otherwise]) => {
    const found = map!.get(key!) ?? otherwise;
    if (found === undefined) throw new Unusable(`the object has no "${key}"`, { parameter: 1 });
    return found;
  }),
  merge: variadic("any", 0, (maps, { budget }) => {
    const result = new Map<string, Value>();
    for (const [parameter, map] of maps.entries()) {
      if (map === null) continue;
      if (!isMap(map)) throw new Unusable(`an object is required, not ${kindOf(map)}`, { parameter });
      budget.spend(map.size);
      for (const [key, member] of map) result.set(key, member);
    }
    return result;
  }),
  range: variadic("number", 1, ([first, second, third], { budget }) => {
    const [start, end] = second === undefined ? [0, Number(first)] : [Number(first), Number(second)];
    const step = third === undefined ? (start <= end ? 1 : -1) : Number(third);
    if (step === 0) throw new Unusable("a step of 0 comes to no end", { parameter: 2 });
    const count = Math.max(0, Math.ceil((end - start) / step));
    budget.spend(count);
    return Array.from({ length: count }, (_, at) => numberValue(start + at * step));
  }),
  reverse: fixed(["list"], ([list]) => list.toReversed()),
  setintersection: variadic("list", 1, ([first, ...others]) => {
    const sets = others.map((other) => new Set(other.map(identity)));
    return new ValueSet(
      first!.filter((element) => {
        const text = identity(element);
        return sets.every((set) => set.has(text));
      }),
    );
  }),
  setproduct: variadic("list", 1, (lists, { budget }) => product(lists, budget)),
  setunion: variadic("list", 1, (lists) => new ValueSet(lists.flat())),
  slice: fixed(["list", "integer", "integer"], ([list, start, end]) => {
    if (start < 0 || end > list.length || start > end) {
      throw new Unusable(`${start} to ${end} is no part of a list of ${list.length}`);
    }
    return list.slice(start, end);
  }),
  sort: fixed(["strings"], ([texts]) => texts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))),
  values: fixed(["map"], ([map]) => sorted(map).map(([, member]) => member)),
  zipmap: fixed(["strings", "list"], ([keys, values]) => {
    if (keys.length !== values.length) throw new Unusable(`${keys.length} keys for ${values.length} values`);
    return new Map(keys.map((key, index) => [key, values[index]!]));
  }),
};

function firstOr(found: Value | undefined, message: string): Value {
  if (found === undefined) throw new Unusable(message);
  return found;
}

function sizeOf(value: Value): number {
  if (typeof value === "string") return [...value].length;
  const size = isMap(value) ? (value as ValueMap).size : elementsOf(value)?.length;
  if (size === undefined) throw new Unusable(`a list, an object or a string is required, not ${kindOf(value)}`);
  return size;
}

function flattened(list: readonly Value[], budget: Call["budget"], depth = 0): Value[] {
  budget.spend(list.length);
  if (depth > 64) throw new Unusable("lists nest deeper than 64 levels");
  return list.flatMap((element) => {
    const inner = elementsOf(element);
    return inner === undefined ? [element] : flattened(inner, budget, depth + 1);
  });
}

function product(lists: readonly (readonly Value[])[], budget: Call["budget"]): Value {
  if (lists.some(({ length }) => length === 0)) return [];
  return lists.reduce<readonly (readonly Value[])[]>(
    (rows, list, before) => {
      budget.spend(rows.length * list.length * (before + 1));
      return rows.flatMap((row) => list.map((element) => [...row, element]));
    },
    [[]],
  );
}
