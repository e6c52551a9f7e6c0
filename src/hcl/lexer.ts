import { AnchorLines } from "./anchor-lines.ts";
import type { NumberValue } from "./ast.ts";
import { HCLError } from "./hcl-error.ts";
import { scanHeredoc } from "./heredoc.ts";
import { MarkEnds } from "./marks.ts";
import { type Position, PositionCursor, type Source, textStart } from "./source.ts";
import { scanString } from "./string-literal.ts";
import type { Piece, Scanned, Token, TokenKind, Unreadable } from "./token.ts";

const space = /[ \t\r\n]+/y;
/** A dot belongs to the name if the name goes on behind it. */
const identifier = /[\p{L}_](?:[\p{L}\p{Nd}_-]|\.(?=[\p{L}\p{Nd}_]))*/uy;
const number = /0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const octal = /^0[0-9]+$/;
/** No number that means anything is longer; BigInt's work grows faster than the text. */
const longestNumber = 400;

/** Marks, longer ones first. */
const marks: readonly (readonly [string, Exclude<TokenKind, "STRING" | "HEREDOC" | "NUMBER" | "FLOAT" | "BOOL">])[] = [
  ["...", "ELLIPSIS"],
  ["=>", "ARROW"],
  ...["==", "!=", "<=", ">=", "&&", "||"].map((mark) => [mark, "OPERATOR"] as const),
  ["[", "LBRACK"],
  ["]", "RBRACK"],
  ["{", "LBRACE"],
  ["}", "RBRACE"],
  ["(", "LPAREN"],
  [")", "RPAREN"],
  [",", "COMMA"],
  ["=", "ASSIGN"],
  [".", "DOT"],
  [":", "COLON"],
  ["?", "QUESTION"],
  ...["+", "-", "*", "/", "%", "<", ">", "!"].map((mark) => [mark, "OPERATOR"] as const),
];

/** A comment as it stands, with its mark and without the end of its line. */
export interface Comment {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Which part of a text is read, and who wants the comments. */
export interface LexerOptions {
  readonly from?: Position | undefined;
  /** An offset; by default the end. */
  readonly to?: number | undefined;
  readonly onComment?: ((comment: Comment) => void) | undefined;
}

/** Cuts HCL into tokens, one at a time. Throws `HCLError` at what is none. */
export class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #cursor: PositionCursor;
  readonly #onComment: LexerOptions["onComment"];
  #offset: number;
  /** Where the last token ended. */
  #lastEnd: number;
  /** Whether a comment was found to have no end: nothing behind it can be read, and to look for more ends takes long. */
  #hasNoEnd = false;

  constructor(source: Source, { from = textStart, to = source.text.length, onComment }: LexerOptions = {}) {
    this.#source = source;
    this.#text = source.text.slice(0, to);
    this.#cursor = new PositionCursor(source.text, from);
    this.#onComment = onComment;
    this.#offset = from.offset;
    this.#lastEnd = from.offset;
  }

  /** The next token; at the end `EOF`, for ever. */
  next(): Token {
    this.#skipSpaceAndComments();
    const position = this.#cursor.at(this.#offset);
    const startsLine = this.#text.slice(this.#lastEnd, position.offset).includes("\n");
    const read = this.#read();
    this.#lastEnd = this.#offset;
    return { ...read, position, end: this.#offset, startsLine } as Token;
  }

  /** After what is no token: the rest of the line is not looked at. */
  skipLine(): void {
    this.#offset = this.#hasNoEnd
      ? this.#text.length
      : endOr(this.#text.indexOf("\n", this.#offset), this.#text.length);
  }

  #read(): { readonly kind: TokenKind; readonly value?: unknown; readonly pieces?: readonly Piece[] } {
    const character = this.#text[this.#offset];
    if (character === undefined) return { kind: "EOF" };
    if (character === '"') return { kind: "STRING", pieces: this.#scanned(scanString) };
    if (this.#text.startsWith("<<", this.#offset)) return { kind: "HEREDOC", pieces: this.#scanned(this.#heredoc) };
    const word = this.#match(identifier);
    if (word === "true" || word === "false") return { kind: "BOOL", value: word === "true" };
    if (word !== undefined) return { kind: "IDENT", value: word };
    const digits = this.#match(number);
    if (digits !== undefined) return this.#numberToken(digits);
    const [mark, kind] = marks.find(([candidate]) => this.#text.startsWith(candidate, this.#offset)) ?? [];
    if (mark === undefined || kind === undefined) {
      return this.#fail({ message: "illegal char", offset: this.#offset, ...quoteHint(character) });
    }
    this.#offset += mark.length;
    return { kind, value: mark };
  }

  #skipSpaceAndComments(): void {
    for (;;) {
      this.#match(space);
      const start = this.#offset;
      if (this.#text.startsWith("#", start) || this.#text.startsWith("//", start)) {
        this.#offset = endOr(this.#text.indexOf("\n", start), this.#text.length);
      } else if (this.#text.startsWith("/*", start)) {
        const end = this.#text.indexOf("*/", start + 2);
        this.#hasNoEnd = end === -1;
        if (end === -1) this.#fail({ message: "comment not terminated", offset: start });
        this.#offset = end + 2;
      } else return;
      this.#onComment?.({ text: this.#text.slice(start, this.#offset), start, end: this.#offset });
    }
  }

  #numberToken(digits: string): { kind: "NUMBER" | "FLOAT"; value: NumberValue } {
    const start = this.#offset - digits.length;
    if (digits.length > longestNumber) this.#fail({ message: "number too long", offset: start });
    const unit = this.#match(identifier);
    if (unit !== undefined) {
      const hint = `Put a value with a unit in quotes: "${digits}${unit.slice(0, 20)}"`;
      this.#fail({ message: "illegal char in number", offset: start + digits.length, hint });
    }
    if (octal.test(digits) && /[89]/.test(digits)) this.#fail({ message: "illegal octal number", offset: start });
    if (octal.test(digits)) return { kind: "NUMBER", value: BigInt(`0o${digits}`) };
    if (/^(?:0[xX]|[0-9]+$)/.test(digits)) return { kind: "NUMBER", value: BigInt(digits) };
    const value = Number(digits);
    if (!Number.isFinite(value)) this.#fail({ message: "number out of range", offset: start });
    return { kind: "FLOAT", value };
  }

  readonly #heredoc = (text: string, start: number, ends: MarkEnds) =>
    scanHeredoc(text, start, ends, () => anchorLinesOf(this.#source));

  #scanned(scan: (text: string, start: number, ends: MarkEnds) => Scanned | Unreadable): readonly Piece[] {
    const result = scan(this.#text, this.#offset, markEndsOf(this.#source));
    if ("message" in result) return this.#fail(result);
    this.#offset = result.end;
    return result.pieces;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    this.#offset += found?.length ?? 0;
    return found;
  }

  #fail({ message, offset, hint }: Unreadable): never {
    throw HCLError.placed(this.#source, { message, position: this.#cursor.at(offset), hint });
  }
}

function quoteHint(character: string): { readonly hint?: string } {
  return character === "'" ? { hint: "A string needs double quotes" } : {};
}

const knownAnchorLines = new WeakMap<Source, AnchorLines>();

function anchorLinesOf(source: Source): AnchorLines {
  const known = knownAnchorLines.get(source) ?? new AnchorLines(source.text);
  knownAnchorLines.set(source, known);
  return known;
}

const knownMarkEnds = new WeakMap<Source, MarkEnds>();

function markEndsOf(source: Source): MarkEnds {
  const known = knownMarkEnds.get(source) ?? new MarkEnds(source.text);
  knownMarkEnds.set(source, known);
  return known;
}

function endOr(found: number, otherwise: number): number {
  return found === -1 ? otherwise : found;
}
