import type { NumberValue } from "./ast.ts";
import { HCLError } from "./hcl-error.ts";
import { scanHeredoc } from "./heredoc.ts";
import { PositionCursor, type Source } from "./source.ts";
import { scanString } from "./string-literal.ts";
import type { Scanned, Token, Unreadable } from "./token.ts";

const space = /[ \t\r\n]+/y;
const identifier = /[\p{L}_][\p{L}\p{Nd}_\-.]*/uy;
const number = /-?(?:0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/y;
const octal = /^-?0[0-9]+$/;
/** No number that means anything is longer; BigInt's work grows faster than the text. */
const longestNumber = 400;

const punctuation: Readonly<Record<string, "LBRACK" | "RBRACK" | "LBRACE" | "RBRACE" | "COMMA" | "ASSIGN">> = {
  "[": "LBRACK",
  "]": "RBRACK",
  "{": "LBRACE",
  "}": "RBRACE",
  ",": "COMMA",
  "=": "ASSIGN",
};

/** Cuts HCL into tokens, one at a time. Throws `HCLError` at what is none. */
export class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #cursor: PositionCursor;
  #offset = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
    this.#cursor = new PositionCursor(source.text);
  }

  /** The next token; at the end `EOF`, for ever. */
  next(): Token {
    this.#skipSpaceAndComments();
    const position = this.#cursor.at(this.#offset);
    const character = this.#text[this.#offset];
    if (character === undefined) return { kind: "EOF", position };
    const mark = Object.hasOwn(punctuation, character) ? punctuation[character] : undefined;
    if (mark !== undefined) {
      this.#offset += 1;
      return { kind: mark, position };
    }
    if (character === '"') return { kind: "STRING", value: this.#scanned(scanString), position };
    if (this.#text.startsWith("<<", this.#offset)) {
      return { kind: "HEREDOC", value: this.#scanned(scanHeredoc), position };
    }
    const word = this.#match(identifier);
    if (word === "true" || word === "false") return { kind: "BOOL", value: word === "true", position };
    if (word !== undefined) return { kind: "IDENT", value: word, position };
    const digits = this.#match(number);
    if (digits !== undefined) return { ...this.#numberToken(digits), position };
    return this.#fail({ message: "illegal char", offset: this.#offset });
  }

  #skipSpaceAndComments(): void {
    for (;;) {
      this.#match(space);
      if (this.#text.startsWith("#", this.#offset) || this.#text.startsWith("//", this.#offset)) {
        this.#offset = endOr(this.#text.indexOf("\n", this.#offset), this.#text.length);
      } else if (this.#text.startsWith("/*", this.#offset)) {
        const end = this.#text.indexOf("*/", this.#offset + 2);
        if (end === -1) this.#fail({ message: "comment not terminated", offset: this.#offset });
        this.#offset = end + 2;
      } else return;
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
    if (octal.test(digits)) return { kind: "NUMBER", value: signed(digits, (rest) => BigInt(`0o${rest}`)) };
    if (/^-?(?:0[xX]|[0-9]+$)/.test(digits)) return { kind: "NUMBER", value: signed(digits, BigInt) };
    const value = Number(digits);
    if (!Number.isFinite(value)) this.#fail({ message: "number out of range", offset: start });
    return { kind: "FLOAT", value };
  }

  #scanned(scan: (text: string, start: number) => Scanned | Unreadable): string {
    const result = scan(this.#text, this.#offset);
    if ("message" in result) return this.#fail(result);
    this.#offset = result.end;
    return result.value;
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

function signed(digits: string, magnitude: (digits: string) => bigint): bigint {
  return digits.startsWith("-") ? -magnitude(digits.slice(1)) : magnitude(digits);
}

function endOr(found: number, otherwise: number): number {
  return found === -1 ? otherwise : found;
}
