/** The rows of a difference: fields that changed, objects that came, went or changed. How texts are shown is Go's way. */
import { type Dictionary, dictionary } from "../base/index.ts";
import type { FieldDiff, ObjectDiff } from "./job-diff-shapes.ts";

export type DiffType = "None" | "Added" | "Deleted" | "Edited";

/** Fields of a thing as text, by name; undefined if there is no such thing. */
export type FlatFields = Readonly<Dictionary<string>> | undefined;

/** What `before` and `after` of a thing that is there on one side or on both mean for its type. */
export function presence(before: unknown, after: unknown): "Added" | "Deleted" | "Edited" {
  if (before === undefined) return "Added";
  return after === undefined ? "Deleted" : "Edited";
}

/** Named values as fields; a map becomes one field an entry, `Meta[owner]`. */
export function flatFields(values: Readonly<Record<string, unknown>>): Readonly<Dictionary<string>> {
  const fields = dictionary<string>();
  for (const [name, value] of Object.entries(values)) addFlat(fields, name, value);
  return fields;
}

function addFlat(fields: Dictionary<string>, name: string, value: unknown): void {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) addFlat(fields, `${name}[${at}]`, item);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) addFlat(fields, `${name}[${key}]`, item);
  } else {
    fields[name] = value === null ? "nil" : String(value);
  }
}

/** The fields that differ, by name; all fields with `unchanged`. */
export function fieldDiffs(
  before: FlatFields,
  after: FlatFields,
  { unchanged = false }: { readonly unchanged?: boolean } = {},
): readonly FieldDiff[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort(byBytes);
  return names
    .map((name) => fieldDiff(name, before?.[name] ?? "", after?.[name] ?? ""))
    .filter(({ Type }) => unchanged || Type !== "None");
}

function fieldDiff(Name: string, Old: string, New: string): FieldDiff {
  return { Type: fieldType(Old, New), Name, Old, New, Annotations: [] };
}

function fieldType(before: string, after: string): DiffType {
  if (before === after) return "None";
  if (before === "") return "Added";
  return after === "" ? "Deleted" : "Edited";
}

/** The difference of an object that is there once at most; nothing if there is none. */
export function objectDiff(
  Name: string,
  before: FlatFields,
  after: FlatFields,
  { contextual }: { readonly contextual: boolean },
): readonly ObjectDiff[] {
  if (fieldDiffs(before, after).length === 0) return [];
  const Fields = fieldDiffs(before, after, { unchanged: contextual });
  return [{ Type: presence(before, after), Name, Fields, Objects: [] }];
}

/** Objects without an identity: each is there or not, so that a changed one is one deleted and one added. */
export function objectSetDiff<Item>(
  before: readonly Item[],
  after: readonly Item[],
  show: (item: Item, type: "Added" | "Deleted") => ObjectDiff,
): readonly ObjectDiff[] {
  const [old, present] = [byContent(before), byContent(after)];
  const deleted = [...old].filter(([content]) => !present.has(content)).map(([, item]) => show(item, "Deleted"));
  const added = [...present].filter(([content]) => !old.has(content)).map(([, item]) => show(item, "Added"));
  return [...deleted, ...added].sort(byOrder);
}

function byContent<Item>(items: readonly Item[]): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [JSON.stringify(item), item]));
}

/** An object that is all new or all gone. */
export function wholeObject(
  Name: string,
  type: "Added" | "Deleted",
  fields: FlatFields,
  Objects: readonly ObjectDiff[] = [],
): ObjectDiff {
  const Fields = type === "Added" ? fieldDiffs(undefined, fields) : fieldDiffs(fields, undefined);
  return { Type: type, Name, Fields, Objects };
}

/** Pairs of things with the same name, in the order of their names. */
export function pairs<Item extends { readonly Name: string }>(
  before: readonly Item[],
  after: readonly Item[],
): readonly (readonly [before: Item | undefined, after: Item | undefined])[] {
  const old = new Map(before.map((item) => [item.Name, item]));
  const present = new Map(after.map((item) => [item.Name, item]));
  const names = [...new Set([...old.keys(), ...present.keys()])].sort(byBytes);
  return names.map((name) => [old.get(name), present.get(name)] as const);
}

const typeOrder: readonly string[] = ["Edited", "Added", "Deleted", "None"];

/** Objects of a list are shown by name, then by type, then by size, then by what they say. */
export function byOrder(a: ObjectDiff, b: ObjectDiff): number {
  return (
    byBytes(a.Name, b.Name) ||
    typeOrder.indexOf(a.Type) - typeOrder.indexOf(b.Type) ||
    a.Fields.length - b.Fields.length ||
    a.Objects.length - b.Objects.length ||
    byBytes(JSON.stringify(a), JSON.stringify(b))
  );
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
