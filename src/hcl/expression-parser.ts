import { deepest, tallest } from "./limits.ts";
import { type Position, PositionCursor, type Source } from "./source.ts";
import type { BinaryOperator, ForNames, Node, SplatStep, SyntaxBody, Unplaced } from "./syntax.ts";
import { parseTemplate, type TemplateReader } from "./template-parser.ts";
import { plainText, type Token } from "./token.ts";
import { TokenReader } from "./token-reader.ts";

/** Operators by how strongly they bind, the weakest first. */
const strengths: readonly (readonly BinaryOperator[])[] = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
];

/** What parses the inside of `{ … }`: it knows items, of which expressions know nothing. */
type ParseObject = (opening: Position, depth: number) => SyntaxBody;

/**
 * Parses expressions by recursive descent, no deeper than `deepest`, into trees no taller than `tallest`. An operator on
 * a new line does not go on with an expression, unless that stands in brackets: so items need nothing between them.
 */
export class ExpressionParser {
  readonly #reader: TokenReader;
  readonly #parseObject: ParseObject;
  #depth: number;
  /** How many brackets around are indifferent to lines. */
  #bracketed: boolean;

  constructor(reader: TokenReader, parseObject: ParseObject, { depth = 0, bracketed = false } = {}) {
    this.#reader = reader;
    this.#parseObject = parseObject;
    this.#depth = depth;
    this.#bracketed = bracketed;
  }

  /** An expression; `expected` is said where none begins. */
  expression(expected: string, depth = this.#depth): Node {
    const before = this.#depth;
    this.#depth = depth;
    const result = this.#deeper(() => this.#conditional(expected));
    this.#depth = before;
    return result;
  }

  #conditional(expected: string): Node {
    const condition = this.#binary(0, expected);
    if (!this.#goesOn() || !this.#reader.accept("QUESTION")) return condition;
    const whenTrue = this.#deeper(() => this.#conditional('a value is expected after "?"'));
    if (!this.#reader.accept("COLON")) this.#reader.fail(`":" is expected, and the value for false behind it`);
    const whenFalse = this.#deeper(() => this.#conditional('a value is expected after ":"'));
    return this.#made(condition, [condition, whenTrue, whenFalse], {
      kind: "conditional",
      condition,
      whenTrue,
      whenFalse,
    });
  }

  #binary(strength: number, expected: string): Node {
    const operators = strengths[strength];
    if (operators === undefined) return this.#unary(expected);
    let left = this.#binary(strength + 1, expected);
    while (this.#goesOn() && this.#reader.isAtOperator(...operators)) {
      const { value } = this.#reader.advance() as Extract<Token, { kind: "OPERATOR" }>;
      const operator = value as BinaryOperator;
      const right = this.#binary(strength + 1, `a value is expected after "${operator}"`);
      left = this.#made(left, [left, right], { kind: "binary", operator, left, right });
    }
    return left;
  }

  #unary(expected: string): Node {
    if (!this.#reader.isAtOperator("-", "!")) return this.#postfix(this.#primary(expected));
    const token: Token = this.#reader.advance();
    const operator = token.kind === "OPERATOR" && token.value === "!" ? "!" : "-";
    const of = this.#deeper(() => this.#unary(`a value is expected after "${operator}"`));
    if (operator === "-" && of.kind === "number") return { ...of, value: -of.value, position: token.position };
    return this.#made(token, [of], { kind: "unary", operator, of });
  }

  #postfix(start: Node): Node {
    let node = start;
    for (;;) {
      const reader = this.#reader;
      if (reader.isAt("LBRACK") && this.#goesOn()) node = this.#index(node);
      else if (reader.isAt("DOT") && this.#goesOn()) {
        reader.advance();
        node = reader.isAtOperator("*") ? this.#splat(node, "members") : this.#member(node);
      } else return node;
    }
  }

  #member(of: Node): Node {
    const { token } = this.#reader;
    if (token.kind === "NUMBER") {
      this.#reader.advance();
      const key = this.#made(token, [], { kind: "number", value: token.value });
      return this.#made(of, [of, key], { kind: "index", of, key });
    }
    if (token.kind !== "IDENT") return this.#reader.fail('a name is expected after "."');
    this.#reader.advance();
    return this.#path(of, token.value.split("."));
  }

  /** Members and numbers, as in `a.b.0`. */
  #path(of: Node, names: readonly string[]): Node {
    return names.reduce<Node>((node, name) => {
      if (!/^[0-9]+$/.test(name)) return this.#made(node, [node], { kind: "member", of: node, name });
      const key = this.#made(node, [], { kind: "number", value: BigInt(name) });
      return this.#made(node, [node, key], { kind: "index", of: node, key });
    }, of);
  }

  #index(of: Node): Node {
    const opening = this.#reader.advance();
    if (this.#reader.isAtOperator("*")) return this.#splat(of, "all", opening);
    const key = this.#inBrackets(() => this.expression("an index is expected"));
    this.#close("RBRACK", opening, '"]" is expected');
    return this.#made(of, [of, key], { kind: "index", of, key });
  }

  /** Behind `.*` come members only, behind `[*]` also indexes; what follows further on is of the list. */
  #splat(of: Node, style: "members" | "all", opening?: Token): Node {
    const reader = this.#reader;
    reader.advance();
    if (opening !== undefined) this.#close("RBRACK", opening, '"]" is expected after "*"');
    const steps: SplatStep[] = [];
    const keys: Node[] = [];
    while (steps.length < deepest) {
      if (reader.isAt("DOT")) {
        reader.advance();
        const { token } = reader;
        if (token.kind !== "IDENT") return reader.fail('a name is expected after "."');
        reader.advance();
        steps.push(...token.value.split(".").map((name) => ({ name })));
      } else if (style === "all" && reader.isAt("LBRACK")) {
        const bracket = reader.advance();
        const key = this.#inBrackets(() => this.expression("an index is expected"));
        this.#close("RBRACK", bracket, '"]" is expected');
        keys.push(key);
        steps.push({ key });
      } else break;
    }
    return this.#made(of, [of, ...keys], { kind: "splat", of, steps });
  }

  #primary(expected: string): Node {
    const reader = this.#reader;
    const { token } = reader;
    switch (token.kind) {
      case "STRING":
      case "HEREDOC":
        reader.advance();
        return this.#string(token);
      case "NUMBER":
      case "FLOAT":
        reader.advance();
        return this.#made(token, [], { kind: "number", value: token.value });
      case "BOOL":
        reader.advance();
        return this.#made(token, [], { kind: "boolean", value: token.value });
      case "IDENT":
        reader.advance();
        return this.#named(token, token.value);
      case "LBRACK":
        return this.#list();
      case "LBRACE":
        return this.#object();
      case "LPAREN": {
        reader.advance();
        const inner = this.#inBrackets(() => this.expression("a value is expected"));
        this.#close("RPAREN", token, '")" is expected');
        return inner;
      }
      default:
        return reader.fail(expected);
    }
  }

  /** A name: a call, or the way to a value, whose names have dots between them. */
  #named(token: Token, name: string): Node {
    if (this.#reader.isAt("LPAREN") && this.#reader.token.position.offset === token.end) return this.#call(token, name);
    if (name === "null") return this.#made(token, [], { kind: "null" });
    const [first = "", ...rest] = name.split(".");
    const root = this.#made(token, [], { kind: "reference", name: first });
    const end = token.position.offset + first.length;
    return this.#path({ ...root, end }, rest);
  }

  #call(start: Token, name: string): Node {
    const reader = this.#reader;
    const opening = reader.advance();
    const parameters: Node[] = [];
    let expandsLast = false;
    this.#inBrackets(() => {
      while (!reader.isAt("RPAREN") && !expandsLast) {
        parameters.push(this.expression(`a parameter of ${name} or ")" is expected`));
        expandsLast = reader.accept("ELLIPSIS");
        if (!reader.accept("COMMA")) break;
      }
    });
    this.#close("RPAREN", opening, `"," or ")" is expected in the call of ${name}`);
    return this.#made(start, parameters, { kind: "call", name, parameters, expandsLast });
  }

  #list(): Node {
    const reader = this.#reader;
    const opening = reader.advance();
    if (reader.isAtWord("for")) return this.#for(opening, "RBRACK");
    const items: Node[] = [];
    this.#inBrackets(() => {
      while (!reader.isAt("RBRACK")) {
        const hint = reader.isAt("EOF") ? unclosed("list", opening, "]") : undefined;
        if (reader.isAt("EOF") || reader.isAt("COMMA") || reader.isAt("ASSIGN")) {
          reader.fail(`unexpected token while parsing list: ${reader.token.kind}`, { hint });
        }
        items.push(this.expression(`unexpected token while parsing list: ${reader.token.kind}`));
        if (reader.accept("COMMA")) continue;
        if (reader.isAt("EOF")) {
          reader.fail("unexpected token while parsing list: EOF", { hint: unclosed("list", opening, "]") });
        }
        if (!reader.isAt("RBRACK")) {
          const message = `error parsing list, expected comma or list end, got: ${reader.token.kind}`;
          reader.fail(message, reader.isAt("ASSIGN") ? { hint: unclosed("list", opening, "]") } : {});
        }
      }
    });
    reader.advance();
    return this.#made(opening, items, { kind: "list", items });
  }

  #object(): Node {
    const reader = this.#reader;
    const opening = reader.advance();
    if (reader.isAtWord("for")) {
      const node = this.#forOrKey(opening);
      if (node !== undefined) return node;
    }
    const before = this.#bracketed;
    this.#bracketed = false;
    const body = this.#parseObject(opening.position, this.#depth);
    this.#bracketed = before;
    return this.#made(opening, nodesIn(body), { kind: "object", body });
  }

  /** In an object `for` may be a key. */
  #forOrKey(opening: Token): Node | undefined {
    const text = this.#reader.source.text.slice(this.#reader.token.end);
    return /^[ \t\r\n]*[=:{"]/.test(text.slice(0, 200)) ? undefined : this.#for(opening, "RBRACE");
  }

  #for(opening: Token, closing: "RBRACK" | "RBRACE"): Node {
    const reader = this.#reader;
    return this.#inBrackets(() => {
      reader.advance();
      const names = this.forNames();
      const of = this.expression('a list or an object is expected after "in"');
      if (!reader.accept("COLON")) reader.fail('":" is expected, and the result behind it');
      const first = this.expression('a value is expected after ":"');
      const hasKey = closing === "RBRACE";
      if (hasKey && !reader.accept("ARROW")) reader.fail('"=>" is expected, and the value of this key behind it');
      const result = hasKey ? this.expression('a value is expected after "=>"') : first;
      const groups = hasKey && reader.accept("ELLIPSIS");
      const isFiltered = reader.isAtWord("if");
      if (isFiltered) reader.advance();
      const condition = isFiltered ? this.expression('a condition is expected after "if"') : undefined;
      this.#close(closing, opening, closing === "RBRACE" ? '"}" is expected' : '"]" is expected');
      const resultKey = hasKey ? first : undefined;
      const below = [of, first, result, ...(condition === undefined ? [] : [condition])];
      return this.#made(opening, below, { kind: "for", names, of, resultKey, result, groups, condition });
    });
  }

  /** `value in` or `key, value in`. */
  forNames(): ForNames {
    const first = this.#name();
    const second = this.#reader.accept("COMMA") ? this.#name() : undefined;
    if (!this.#reader.isAtWord("in")) this.#reader.fail('"in" is expected, and what to go through behind it');
    this.#reader.advance();
    return second === undefined ? { key: undefined, value: first } : { key: first, value: second };
  }

  #name(): string {
    const { token } = this.#reader;
    if (token.kind !== "IDENT" || token.value.includes(".")) return this.#reader.fail("a name is expected");
    this.#reader.advance();
    return token.value;
  }

  #string(token: Extract<Token, { kind: "STRING" | "HEREDOC" }>): Node {
    const { source } = this.#reader;
    const { pieces } = token;
    const { parts, height, problem } = parseTemplate(pieces, token.kind, this.#templateReader(source, token.position));
    if (height + 1 > tallest) this.#tooTall();
    const plain = plainText(pieces);
    const { position, end } = token;
    return { kind: "string", plain, template: parts, problem, pieces, position, end, height: height + 1 };
  }

  /** How the parts of a template are read: each by a parser of its own, as deep as this one is. */
  #templateReader(source: Source, start: Position): TemplateReader {
    const cursor = new PositionCursor(source.text, start);
    const depth = this.#depth;
    return {
      source,
      depth,
      open: (from, to) => {
        const reader = new TokenReader(source, { from: cursor.at(from), to });
        reader.advance();
        const parser = new ExpressionParser(reader, this.#parseObjectOf(reader), { depth: depth + 1, bracketed: true });
        return { reader, parser };
      },
    };
  }

  /** Objects in templates hold nothing but attributes. */
  #parseObjectOf(reader: TokenReader): ParseObject {
    return (opening, depth) => {
      const items: SyntaxBody["items"][number][] = [];
      const parser = new ExpressionParser(reader, this.#parseObjectOf(reader), { depth });
      while (!reader.isAt("RBRACE")) {
        if (reader.isAt("EOF")) reader.fail("object expected closing RBRACE got: EOF");
        items.push(objectAttribute(reader, parser));
        reader.accept("COMMA");
      }
      reader.advance();
      return { source: reader.source, position: opening, items };
    };
  }

  #close(kind: "RBRACK" | "RPAREN" | "RBRACE", opening: Token, message: string): void {
    if (this.#reader.accept(kind)) return;
    const { line, column } = opening.position;
    this.#reader.fail(message, { hint: `What begins at ${line}:${column} is not closed` });
  }

  #goesOn(): boolean {
    return this.#bracketed || !this.#reader.token.startsLine;
  }

  #inBrackets<Result>(parse: () => Result): Result {
    const before = this.#bracketed;
    this.#bracketed = true;
    const result = parse();
    this.#bracketed = before;
    return result;
  }

  #deeper<Result>(parse: () => Result): Result {
    this.#depth += 1;
    if (this.#depth > deepest) this.#reader.fail(`expressions nest deeper than ${deepest} levels`);
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #made(start: { readonly position: Position }, below: readonly Node[], node: Unplaced): Node {
    const height = 1 + below.reduce((tall, { height }) => Math.max(tall, height), 0);
    if (height > tallest) this.#tooTall();
    return { ...node, position: start.position, end: this.#reader.lastEnd, height } as Node;
  }

  #tooTall(): never {
    return this.#reader.fail(`an expression is too long: more than ${tallest} operations build on one another`);
  }
}

/** `key = value` or `key: value` in an object; a key may be a name, a string or an expression in brackets. */
export function objectAttribute(reader: TokenReader, parser: ExpressionParser) {
  const { token } = reader;
  const { position } = token;
  const isName = token.kind === "IDENT";
  if (!isName && token.kind !== "STRING" && token.kind !== "LPAREN" && token.kind !== "NUMBER") {
    reader.fail(`expected: IDENT | STRING got: ${token.kind}`);
  }
  const computedKey = isName ? undefined : parser.expression("a key is expected");
  if (isName) reader.advance();
  if (!reader.accept("ASSIGN") && !reader.accept("COLON")) {
    reader.fail(`expected: IDENT | STRING | ASSIGN | LBRACE got: ${reader.token.kind}`);
  }
  const value = parser.expression(`a value is expected after ASSIGN got: ${reader.token.kind}`);
  const key = isName ? token.value : computedKey?.kind === "string" ? computedKey.plain : "";
  return { kind: "attribute", key, computedKey, value, position } as const;
}

function nodesIn(body: SyntaxBody): Node[] {
  return body.items.flatMap((item) => {
    if (item.kind === "block") return nodesIn(item.body);
    return item.computedKey === undefined ? [item.value] : [item.computedKey, item.value];
  });
}

function unclosed(what: string, { position }: Token, mark: string): string {
  return `The ${what} that begins at ${position.line}:${position.column} has no "${mark}"`;
}
