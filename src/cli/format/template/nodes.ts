import type { Place } from "./lexer.ts";

/** What a template is made of. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "show"; readonly pipeline: Pipeline }
  | Control;

export interface Control {
  readonly kind: "if" | "with" | "range";
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** Commands that hand on their results. With `declares`, the last result is kept under these names. */
export interface Pipeline {
  readonly declares: readonly string[];
  /** False for `=`, which gives a new value to a variable that exists. */
  readonly isNew: boolean;
  readonly commands: readonly Command[];
  readonly place: Place;
  readonly source: string;
}

/** A value, or a function with its arguments. */
export interface Command {
  readonly operands: readonly Operand[];
  readonly place: Place;
  readonly source: string;
}

/** `fields` are those asked of the value, left to right: `.Job.Name`, `$x.ID`, `(index .A 0).B`. */
export type Operand = { readonly place: Place; readonly source: string; readonly fields: readonly string[] } & (
  | { readonly kind: "dot" }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "function"; readonly name: string }
  | {
      readonly kind: "literal";
      readonly value: string | number | boolean;
      readonly goType: "string" | "int" | "float64" | "bool";
    }
  | { readonly kind: "nil" }
  | { readonly kind: "group"; readonly pipeline: Pipeline }
);
