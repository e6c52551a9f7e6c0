import type { NumberValue } from "./ast.ts";
import type { Position } from "./source.ts";

/** The kinds of token; those that HCL 1 has bear the names that its error messages use. */
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
  | "LPAREN"
  | "RPAREN"
  | "COMMA"
  | "ASSIGN"
  | "DOT"
  | "COLON"
  | "QUESTION"
  | "ELLIPSIS"
  | "ARROW"
  | "OPERATOR";

interface Placed {
  readonly position: Position;
  /** The offset behind it. */
  readonly end: number;
  /** Whether a line has ended between the token before and this one. */
  readonly startsLine: boolean;
}

export type Token = Placed &
  (
    | { readonly kind: "IDENT"; readonly value: string }
    | { readonly kind: "OPERATOR"; readonly value: string }
    | { readonly kind: "STRING" | "HEREDOC"; readonly pieces: readonly Piece[] }
    | { readonly kind: "NUMBER" | "FLOAT"; readonly value: NumberValue }
    | { readonly kind: "BOOL"; readonly value: boolean }
    | { readonly kind: Exclude<TokenKind, "IDENT" | "OPERATOR" | "STRING" | "HEREDOC" | "NUMBER" | "FLOAT" | "BOOL"> }
  );

/**
 * A stretch of a quoted string or a heredoc: text, `${…}`, or a directive such as `%{ if … }`. `plain` is what it means
 * in HCL 1, which knows no expressions. `start` and `end` are offsets; those of marks include the braces.
 */
export interface Piece {
  readonly kind: "text" | "interpolation" | "directive";
  readonly plain: string;
  readonly start: number;
  readonly end: number;
}

/** A string or heredoc that was read, and the offset behind it. */
export interface Scanned {
  readonly pieces: readonly Piece[];
  readonly end: number;
}

/** Why a token cannot be read, and at which offset; becomes an error with file and line in the lexer. */
export interface Unreadable {
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
}

/** What a string means in HCL 1: `${…}` is text. */
export function plainText(pieces: readonly Piece[]): string {
  return pieces.map(({ plain }) => plain).join("");
}
