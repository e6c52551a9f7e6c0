import type { Position, Source } from "./source.ts";

/** The inside of a file or a block: items in the order they were written, repeated keys kept. */
export interface Body {
  readonly source: Source;
  readonly position: Position;
  readonly items: readonly Item[];
}

/** `key = value`. */
export interface Attribute {
  readonly kind: "attribute";
  readonly key: string;
  readonly value: Expression;
  readonly position: Position;
}

/** `key "label" { … }`; `key = { … }` is the same without a label. In JSON an object, or each object of a list. */
export interface Block {
  readonly kind: "block";
  readonly key: string;
  readonly labels: readonly string[];
  readonly body: Body;
  readonly position: Position;
}

export type Item = Attribute | Block;

/** A value as it was written. A string keeps its `${…}` as text: who uses it knows what the names mean. */
export type Expression =
  | { readonly kind: "string"; readonly value: string; readonly position: Position }
  | { readonly kind: "number"; readonly value: NumberValue; readonly position: Position }
  | { readonly kind: "boolean"; readonly value: boolean; readonly position: Position }
  | { readonly kind: "list"; readonly items: readonly Expression[]; readonly position: Position }
  | { readonly kind: "object"; readonly body: Body; readonly position: Position };

/** Whole numbers are exact at any size, others are doubles. */
export type NumberValue = bigint | number;
