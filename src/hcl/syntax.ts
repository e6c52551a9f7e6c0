import type { NumberValue } from "./ast.ts";
import type { HCLError } from "./hcl-error.ts";
import type { Position, Source } from "./source.ts";
import type { Piece } from "./token.ts";

/**
 * What was written, before anybody asks what it means: one tree for HCL 1 and HCL 2. `plain-body.ts` takes it as HCL 1,
 * `evaluation/` as HCL 2; either way it becomes a `Body`.
 */
export interface SyntaxBody {
  readonly source: Source;
  readonly position: Position;
  readonly items: readonly SyntaxItem[];
}

export type SyntaxItem = SyntaxAttribute | SyntaxBlock;

/** `key = value`. In an object a key may be an expression: `(var.name) = …` or `"a-${b}" = …`. */
export interface SyntaxAttribute {
  readonly kind: "attribute";
  readonly key: string;
  readonly computedKey: Node | undefined;
  readonly value: Node;
  readonly position: Position;
}

/** `key "label" { … }` */
export interface SyntaxBlock {
  readonly kind: "block";
  readonly key: string;
  readonly labels: readonly string[];
  readonly body: SyntaxBody;
  readonly position: Position;
}

interface Placed {
  readonly position: Position;
  /** The offset behind it. */
  readonly end: number;
  /** How many nodes are below one another, itself included: no deeper does any walk go. */
  readonly height: number;
}

export type StringNode = Placed & {
  readonly kind: "string";
  /** What it is in HCL 1. */
  readonly plain: string;
  readonly template: readonly TemplatePart[];
  /** Why the marks in it cannot be read as HCL 2, if they cannot: in HCL 1 they mean nothing. */
  readonly problem: HCLError | undefined;
  readonly pieces: readonly Piece[];
};

export type Node =
  | StringNode
  | (Placed & { readonly kind: "number"; readonly value: NumberValue })
  | (Placed & { readonly kind: "boolean"; readonly value: boolean })
  | (Placed & { readonly kind: "null" })
  | (Placed & { readonly kind: "list"; readonly items: readonly Node[] })
  | (Placed & { readonly kind: "object"; readonly body: SyntaxBody })
  | (Placed & { readonly kind: "reference"; readonly name: string })
  | (Placed & { readonly kind: "member"; readonly of: Node; readonly name: string })
  | (Placed & { readonly kind: "index"; readonly of: Node; readonly key: Node })
  | (Placed & { readonly kind: "splat"; readonly of: Node; readonly steps: readonly SplatStep[] })
  | (Placed & {
      readonly kind: "call";
      readonly name: string;
      readonly parameters: readonly Node[];
      /** Whether the last one ends with `...`, and is a list of parameters. */
      readonly expandsLast: boolean;
    })
  | (Placed & { readonly kind: "unary"; readonly operator: "-" | "!"; readonly of: Node })
  | (Placed & { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node })
  | (Placed & {
      readonly kind: "conditional";
      readonly condition: Node;
      readonly whenTrue: Node;
      readonly whenFalse: Node;
    })
  | (Placed & ForNode);

/** A node before it is known where it ends and what it holds. */
export type Unplaced<One = Node> = One extends unknown ? Omit<One, keyof Placed> : never;

/** `[for key, value in of : result if condition]`, or with `{ }` and `resultKey =>` an object. */
export interface ForNode {
  readonly kind: "for";
  readonly names: ForNames;
  readonly of: Node;
  readonly resultKey: Node | undefined;
  readonly result: Node;
  /** `...` behind the result: results of one key are a list. */
  readonly groups: boolean;
  readonly condition: Node | undefined;
}

/** What `for` calls the key or index, which may go without a name, and the value. */
export interface ForNames {
  readonly key: string | undefined;
  readonly value: string;
}

/** What is taken of every element: a member or an index. */
export type SplatStep = { readonly name: string } | { readonly key: Node };

export type BinaryOperator = "||" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%";

/** The parts of a template, directives with what is inside them. */
export type TemplatePart =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "interpolation"; readonly value: Node }
  | {
      readonly kind: "if";
      readonly condition: Node;
      readonly whenTrue: readonly TemplatePart[];
      readonly whenFalse: readonly TemplatePart[];
    }
  | {
      readonly kind: "for";
      readonly names: ForNames;
      readonly of: Node;
      readonly body: readonly TemplatePart[];
    };
