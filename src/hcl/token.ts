import type { NumberValue } from "./ast.ts";
import type { Position } from "./source.ts";

/** The kinds of token, by the names that error messages of HCL use. */
export type TokenKind =
  | "EOF"
  | "IDENT"
  | "NUMBER"
  | "FLOAT"
  | "BOOL"
  | "STRING"
  | "HEREDOC"
  | "LBRACK"
  | "RBRACK"
  | "LBRACE"
  | "RBRACE"
  | "COMMA"
  | "ASSIGN";

export type Token =
  | { readonly kind: "IDENT" | "STRING" | "HEREDOC"; readonly value: string; readonly position: Position }
  | { readonly kind: "NUMBER" | "FLOAT"; readonly value: NumberValue; readonly position: Position }
  | { readonly kind: "BOOL"; readonly value: boolean; readonly position: Position }
  | {
      readonly kind: "EOF" | "LBRACK" | "RBRACK" | "LBRACE" | "RBRACE" | "COMMA" | "ASSIGN";
      readonly position: Position;
    };

/** A literal that was read, and the offset behind it. */
export interface Scanned {
  readonly value: string;
  readonly end: number;
}

/** Why a token cannot be read, and at which offset; becomes an error with file and line in the lexer. */
export interface Unreadable {
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
}
