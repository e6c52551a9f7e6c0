import { type Dictionary, dictionary, nearest } from "../base/index.ts";
import type { Block, Body, Expression, Item } from "./ast.ts";
import type { Finding } from "./diagnostic.ts";
import { HCLError } from "./hcl-error.ts";
import { mostProblems } from "./limits.ts";
import type { Position } from "./source.ts";
import { type ReadField, stringOf, UnfitValue } from "./weak-values.ts";

/** A block with the label that names it: `group "web" { … }`. */
export interface NamedBlock {
  readonly name: string;
  readonly body: Body;
  readonly position: Position;
}

/** How each key is read, and under which name messages speak of it (by default the key itself). */
export type Fields = Readonly<Record<string, ReadField<unknown> | readonly [name: string, read: ReadField<unknown>]>>;

/** What `readFields` yields: a value for each key that is present. */
export type FieldValues<Shape extends Fields> = {
  [Key in keyof Shape]?: Shape[Key] extends ReadField<infer Value>
    ? Value
    : Shape[Key] extends readonly [string, ReadField<infer Value>]
      ? Value
      : never;
};

/** Refuses keys that are not in `known`, as many at once as are told. */
export function checkKeys(body: Body, known: readonly string[]): void {
  const unknown = new Map<string, Finding>();
  for (const { key, position } of body.items) {
    if (unknown.size >= mostProblems) break;
    if (known.includes(key) || unknown.has(key)) continue;
    const meant = nearest(key, known);
    const hint = meant === undefined ? `Known here: ${known.join(", ")}` : `Did you mean "${meant}"?`;
    unknown.set(key, { message: `invalid key: ${key}`, position, hint, meant: meant ?? null });
  }
  if (unknown.size > 0) throw HCLError.problems(body.source, [...unknown.values()]);
}

/** Reads the keys that `fields` describes and ignores others; refuses all values that do not fit, at once. */
export function readFields<Shape extends Fields>(body: Body, fields: Shape): FieldValues<Shape> {
  const unfit: Finding[] = [];
  const values = dictionary<unknown>();
  for (const [key, items] of itemsByKey(body)) {
    if (!Object.hasOwn(fields, key)) continue;
    const field = fields[key]!;
    const [name, read] = typeof field === "function" ? [key, field] : field;
    try {
      values[key] = read(items, name);
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error;
      unfit.push({ message: error.message, position: placeOf(items[items.length - 1]!) });
    }
  }
  if (unfit.length > 0) throw HCLError.decoding(body.source, unfit);
  return values as FieldValues<Shape>;
}

/** All blocks of a key. A value in their place is refused, save for an empty list, which is no block at all. */
export function blocksOf(body: Body, key: string): Block[] {
  return body.items.filter((item) => item.key === key && !isEmptyList(item)).map((item) => asBlock(body, item));
}

/** The one block of a key, or undefined; `onlyOne` is said if there are more. */
export function onlyBlockOf(body: Body, key: string, onlyOne: string): Block | undefined {
  const [first, second] = blocksOf(body, key);
  if (second !== undefined) throw HCLError.bare(body.source, { message: onlyOne, position: second.position });
  return first;
}

/**
 * The labelled blocks of a key; those without a label are ignored, labels after the first too. In JSON the label is
 * the one key further in: `{"group": {"web": { … }, "db": { … }}}`.
 */
export function namedBlocksOf(body: Body, key: string): NamedBlock[] {
  return blocksOf(body, key).flatMap((block) => {
    const [name] = block.labels;
    if (name !== undefined) return [{ name, body: block.body, position: block.position }];
    if (body.source.syntax !== "json") return [];
    return block.body.items
      .filter((item) => item.kind === "block")
      .map((inner) => ({ name: inner.key, body: inner.body, position: inner.position }));
  });
}

/** A map with strings as values: all blocks of the key merged, later keys winning; undefined if there is none. */
export function stringMapOf(body: Body, key: string): Dictionary<string> | undefined {
  const blocks = blocksOf(body, key);
  if (blocks.length === 0) return undefined;
  const unfit: Finding[] = [];
  const result = dictionary<string>();
  for (const item of blocks.flatMap((block) => block.body.items)) {
    if (unfit.length >= mostProblems) break;
    try {
      result[item.key] = stringOf(expressionOf(item), `[${item.key}]`);
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error;
      unfit.push({ message: error.message, position: placeOf(item) });
    }
  }
  if (unfit.length > 0) throw HCLError.decoding(body.source, unfit);
  return result;
}

/**
 * The body as plain data: strings, numbers, booleans, lists and dictionaries. A block is a list of dictionaries, one
 * for each time it was written; a list that was written again is appended; of other values the last one stays.
 */
export function plainData(body: Body): Dictionary<unknown> {
  const result = dictionary<unknown>();
  for (const [key, items] of itemsByKey(body)) {
    const values = items.map((item) => plainValue(expressionOf(item)));
    const last = values[values.length - 1];
    result[key] = Array.isArray(last) ? values.filter((value) => Array.isArray(value)).flat() : last;
  }
  return result;
}

function plainValue(value: Expression): unknown {
  switch (value.kind) {
    case "number":
      return Number(value.value);
    case "list":
      return value.items.map((item) => (item.kind === "object" ? plainData(item.body) : plainValue(item)));
    case "object":
      return [plainData(value.body)];
    default:
      return value.value;
  }
}

/** An item's value; that of a block with labels is an object for each label around its body. */
function expressionOf(item: Item): Expression {
  if (item.kind === "attribute") return item.value;
  const { position, body } = item;
  return item.labels.reduceRight<Expression>(
    (inner, key) => ({
      kind: "object",
      position,
      body: { ...body, items: [{ kind: "attribute", key, value: inner, position }] },
    }),
    { kind: "object", position, body },
  );
}

function itemsByKey(body: Body): Map<string, Item[]> {
  return Map.groupBy(body.items, (item) => item.key);
}

function asBlock(body: Body, item: Item): Block {
  if (item.kind === "block") return item;
  const message = `'${item.key}' should be an object`;
  throw HCLError.bare(body.source, { message, position: placeOf(item), hint: `Write it as ${item.key} { … }` });
}

function isEmptyList(item: Item): boolean {
  return item.kind === "attribute" && item.value.kind === "list" && item.value.items.length === 0;
}

function placeOf(item: Item): Position {
  return item.kind === "attribute" ? item.value.position : item.position;
}
