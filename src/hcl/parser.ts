import type { Block, Body, Expression, Item } from "./ast.ts";
import { HCLError } from "./hcl-error.ts";
import { Lexer } from "./lexer.ts";
import { deepest } from "./limits.ts";
import type { Position, Source } from "./source.ts";
import type { Token, TokenKind } from "./token.ts";

/** Parses the text form of HCL 1. Throws `HCLError` at the first thing that is wrong. */
export function parseText(source: Source): Body {
  return new Parser(source).file();
}

/** Recursive descent, one token ahead; blocks nest no deeper than `deepest`, where a label counts as a block. */
class Parser {
  readonly #source: Source;
  readonly #lexer: Lexer;
  #token: Token;

  constructor(source: Source) {
    this.#source = source;
    this.#lexer = new Lexer(source);
    this.#token = this.#lexer.next();
  }

  file(): Body {
    const position = this.#token.position;
    const items: Item[] = [];
    while (this.#token.kind !== "EOF") items.push(this.#item(0));
    return { source: this.#source, position, items };
  }

  #item(depth: number): Item {
    const position = this.#token.position;
    const [key, ...labels] = this.#keys();
    if (this.#isAt("LBRACE")) return this.#block({ key, labels, position }, depth);
    if (labels.length > 0) {
      const hint = `A block with labels has no "=": ${key} "${labels[0]}" { … }`;
      this.#fail(`nested object expected: LBRACE got: ${this.#token.kind}`, hint);
    }
    this.#advance();
    if (this.#isAt("LBRACE")) return this.#block({ key, labels, position }, depth);
    return { kind: "attribute", key, value: this.#value(), position };
  }

  /** What stands before `=` or `{`: the key, then labels. */
  #keys(): [string, ...string[]] {
    const keys: string[] = [];
    while (this.#token.kind === "IDENT" || this.#token.kind === "STRING") {
      keys.push(this.#token.value);
      this.#advance();
    }
    const [first, ...rest] = keys;
    if (first === undefined) return this.#fail(`expected: IDENT | STRING got: ${this.#token.kind}`, this.#commaHint());
    if (this.#token.kind !== "ASSIGN" && this.#token.kind !== "LBRACE") {
      this.#fail(`expected: IDENT | STRING | ASSIGN | LBRACE got: ${this.#token.kind}`, this.#commaHint());
    }
    return [first, ...rest];
  }

  #block(head: { key: string; labels: string[]; position: Position }, depth: number): Block {
    const opening = this.#token.position;
    const inner = depth + 1 + head.labels.length;
    if (inner > deepest) this.#fail(`blocks nest deeper than ${deepest} levels, labels included`);
    this.#advance();
    const items: Item[] = [];
    while (this.#token.kind !== "RBRACE") {
      if (this.#token.kind === "EOF") this.#failUnclosed(opening);
      items.push(this.#item(inner));
    }
    this.#advance();
    return { kind: "block", ...head, body: { source: this.#source, position: opening, items } };
  }

  #value(): Expression {
    const token = this.#token;
    if (token.kind === "LBRACK") return this.#list();
    const value = literal(token);
    if (value === undefined) return this.#fail(`a value is expected after ASSIGN got: ${token.kind}`);
    this.#advance();
    return value;
  }

  /** A list of strings and numbers. Booleans in it are dropped without a word, as Nomad 0.4.1 does. */
  #list(): Expression {
    const position = this.#token.position;
    const items: Expression[] = [];
    let needsComma = false;
    this.#advance();
    while (this.#token.kind !== "RBRACK") {
      const token = this.#token;
      const value = literal(token);
      if (value === undefined && (token.kind !== "COMMA" || !needsComma)) {
        this.#fail(`unexpected token while parsing list: ${token.kind}`, this.#listHint(position));
      }
      if (value !== undefined && needsComma) {
        this.#fail(`error parsing list, expected comma or list end, got: ${token.kind}`);
      }
      if (value !== undefined && value.kind !== "boolean") items.push(value);
      needsComma = value !== undefined;
      this.#advance();
    }
    this.#advance();
    return { kind: "list", items, position };
  }

  #isAt(kind: TokenKind): boolean {
    return this.#token.kind === kind;
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #commaHint(): string | undefined {
    return this.#token.kind === "COMMA" ? "Items are separated by space or a new line, not by commas" : undefined;
  }

  #listHint(opening: Position): string | undefined {
    if (this.#token.kind === "EOF") return `The list that begins at ${opening.line}:${opening.column} has no "]"`;
    if (this.#token.kind === "IDENT") return "A string needs double quotes";
    return undefined;
  }

  #failUnclosed(opening: Position): never {
    const hint = `The block that begins at ${opening.line}:${opening.column} has no "}"`;
    const message = "object expected closing RBRACE got: EOF";
    throw HCLError.bare(this.#source, { message, position: this.#token.position, hint });
  }

  #fail(message: string, hint?: string): never {
    throw HCLError.placed(this.#source, { message, position: this.#token.position, hint });
  }
}

function literal(token: Token): Expression | undefined {
  switch (token.kind) {
    case "STRING":
    case "HEREDOC":
      return { kind: "string", value: token.value, position: token.position };
    case "NUMBER":
    case "FLOAT":
      return { kind: "number", value: token.value, position: token.position };
    case "BOOL":
      return { kind: "boolean", value: token.value, position: token.position };
    default:
      return undefined;
  }
}
