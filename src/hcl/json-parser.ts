import type { Attribute, Block, Body, Expression, Item } from "./ast.ts";
import { HCLError } from "./hcl-error.ts";
import { deepest } from "./limits.ts";
import { type Position, PositionCursor, type Source } from "./source.ts";

const space = /[ \t\r\n]+/y;
const numberLiteral = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const wordLiteral = /[a-z]+/y;
const longestNumber = 400;

/**
 * Parses HCL's JSON form into the same items as the text form: an object is a block, a list of objects is a block
 * for each, everything else an attribute; `null` is as if it were not there. Throws `HCLError`.
 */
export function parseJSON(source: Source): Body {
  return new JSONParser(source).file();
}

class JSONParser {
  readonly #source: Source;
  readonly #text: string;
  readonly #cursor: PositionCursor;
  #offset = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
    this.#cursor = new PositionCursor(source.text);
  }

  file(): Body {
    const body = this.#object(0);
    this.#skipSpace();
    if (this.#offset < this.#text.length) this.#fail("unexpected text after the end of the object");
    return body;
  }

  #object(depth: number): Body {
    const items: Item[] = [];
    const position = this.#open("{", depth);
    if (this.#accept("}")) return { source: this.#source, position, items };
    do {
      this.#skipSpace();
      const keyPosition = this.#position();
      const key = this.#string("a key in double quotes");
      if (!this.#accept(":")) this.#fail(`":" is expected after a key`);
      const value = this.#value(depth + 1);
      if (value !== undefined) for (const item of itemsOf(key, value, keyPosition)) items.push(item);
    } while (this.#accept(","));
    if (!this.#accept("}")) this.#fail(`"," or "}" is expected`);
    return { source: this.#source, position, items };
  }

  #list(depth: number): Expression {
    const items: Expression[] = [];
    const position = this.#open("[", depth);
    if (this.#accept("]")) return { kind: "list", items, position };
    do {
      const value = this.#value(depth + 1);
      if (value !== undefined) items.push(value);
    } while (this.#accept(","));
    if (!this.#accept("]")) this.#fail(`"," or "]" is expected`);
    return { kind: "list", items, position };
  }

  /** Undefined for `null`. */
  #value(depth: number): Expression | undefined {
    this.#skipSpace();
    const position = this.#position();
    const first = this.#text[this.#offset];
    if (first === "{") return { kind: "object", body: this.#object(depth), position };
    if (first === "[") return this.#list(depth);
    if (first === '"') return { kind: "string", value: this.#string("a string"), position };
    const number = this.#number();
    if (number !== undefined) return { kind: "number", value: number, position };
    const word = this.#match(wordLiteral)?.[0];
    if (word === "true" || word === "false") return { kind: "boolean", value: word === "true", position };
    if (word === "null") return undefined;
    this.#offset = position.offset;
    return this.#fail("a value is expected");
  }

  #number(): bigint | number | undefined {
    const [digits, fraction, exponent] = this.#match(numberLiteral) ?? [];
    if (digits === undefined) return undefined;
    if (digits.length > longestNumber) this.#fail("number too long");
    if (fraction === undefined && exponent === undefined) return BigInt(digits);
    const value = Number(digits);
    if (!Number.isFinite(value)) this.#fail("number out of range");
    return value;
  }

  #string(expected: string): string {
    this.#skipSpace();
    if (this.#text[this.#offset] !== '"') this.#fail(`${expected} is expected`);
    let end = this.#offset + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    const value = unquoted(this.#text.slice(this.#offset, end + 1));
    if (value === undefined) return this.#fail("a string is not terminated, or has a character or escape JSON forbids");
    this.#offset = end + 1;
    return value;
  }

  #open(bracket: string, depth: number): Position {
    this.#skipSpace();
    const position = this.#position();
    if (depth > deepest) this.#fail(`objects and lists nest deeper than ${deepest} levels`);
    if (!this.#accept(bracket)) this.#fail(`"${bracket}" is expected`);
    return position;
  }

  #accept(mark: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#offset] !== mark) return false;
    this.#offset += 1;
    return true;
  }

  #skipSpace(): void {
    this.#match(space);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text);
    this.#offset += found?.[0].length ?? 0;
    return found;
  }

  #position(): Position {
    return this.#cursor.at(this.#offset);
  }

  #fail(message: string): never {
    throw HCLError.placed(this.#source, { message, position: this.#position() });
  }
}

function unquoted(literal: string): string | undefined {
  try {
    return (JSON.parse(literal) as string).toWellFormed();
  } catch {
    return undefined;
  }
}

function itemsOf(key: string, value: Expression, position: Position): (Attribute | Block)[] {
  if (value.kind === "object") return [{ kind: "block", key, labels: [], body: value.body, position }];
  if (value.kind !== "list" || value.items.length === 0) return [{ kind: "attribute", key, value, position }];
  const blocks: Block[] = [];
  for (const item of value.items) {
    if (item.kind !== "object") return [{ kind: "attribute", key, value, position }];
    blocks.push({ kind: "block", key, labels: [], body: item.body, position: item.position });
  }
  return blocks;
}
