import { allAtOnce, type Steps } from "../base/index.ts";
import { ExpressionParser, objectAttribute } from "./expression-parser.ts";
import { HCLError } from "./hcl-error.ts";
import { deepest, mostProblems } from "./limits.ts";
import type { Position, Source } from "./source.ts";
import type { SyntaxBody, SyntaxItem } from "./syntax.ts";
import { plainText, type Token } from "./token.ts";
import { TokenReader } from "./token-reader.ts";

/**
 * Parses the text form, of HCL 1 and HCL 2 alike. Throws `HCLError` with all that is wrong: after a mistake it goes on
 * with the next line that begins like an attribute or a block.
 */
export function parseText(source: Source): SyntaxBody {
  return allAtOnce(parseTextInSteps(source));
}

/** The same, an item in each step. */
export function parseTextInSteps(source: Source): Steps<SyntaxBody> {
  return new Parser(source).file();
}

/** A text of one expression, such as the value of a variable. */
export function parseExpressionText(source: Source) {
  const parser = new Parser(source);
  return parser.onlyExpression();
}

/** What goes on after a mistake may be wrong only because of it; after this nothing makes sense. */
class Hopeless extends Error {
  override readonly name = "Hopeless";
  readonly error: HCLError;

  constructor(error: HCLError) {
    super(error.message);
    this.error = error;
  }
}

/** Blocks nest no deeper than `deepest`, where a label counts as a block. */
class Parser {
  readonly #source: Source;
  readonly #reader: TokenReader;
  readonly #expressions: ExpressionParser;
  readonly #problems: HCLError[] = [];

  constructor(source: Source) {
    this.#source = source;
    this.#reader = new TokenReader(source);
    this.#expressions = new ExpressionParser(this.#reader, (opening, depth) => this.#object(opening, depth));
  }

  *file(): Steps<SyntaxBody> {
    const reader = this.#reader;
    const items: SyntaxItem[] = [];
    let position: Position = { line: 1, column: 1, offset: 0 };
    try {
      this.#recovering(() => {
        reader.advance();
        position = reader.token.position;
      });
      while (!reader.isAt("EOF")) {
        yield* this.#itemInto(items, 0);
        // A brace too many has been told of; it closes nothing.
        if (reader.isAt("RBRACE")) this.#recovering(() => reader.fail("expected: IDENT | STRING got: RBRACE"));
        if (reader.isAt("RBRACE")) reader.advanceAnyhow();
      }
    } catch (error) {
      if (!(error instanceof Hopeless)) throw error;
      this.#problems.push(error.error);
    }
    if (this.#problems.length > 0) throw HCLError.joined(this.#problems);
    return { source: this.#source, position, items };
  }

  onlyExpression() {
    this.#reader.advance();
    const value = this.#expressions.expression("a value is expected");
    if (!this.#reader.isAt("EOF")) this.#reader.fail("only one value is expected");
    return value;
  }

  /** What is wrong with an item is kept, and the next one is sought. */
  *#itemInto(items: SyntaxItem[], depth: number): Steps<void> {
    const start = this.#reader.token.position.offset;
    try {
      items.push(yield* this.#item(depth));
    } catch (error) {
      this.#recover(error, start);
    }
    yield;
  }

  *#item(depth: number): Steps<SyntaxItem> {
    const reader = this.#reader;
    const { position } = reader.token;
    const [key, ...labels] = this.#keys();
    if (reader.isAt("LBRACE")) return yield* this.#block({ key, labels, position }, depth);
    if (labels.length > 0) {
      const hint = `A block with labels has no "=": ${key} "${labels[0]}" { … }`;
      reader.fail(`nested object expected: LBRACE got: ${reader.token.kind}`, { hint });
    }
    reader.advance();
    return { kind: "attribute", key, computedKey: undefined, value: this.#value(depth), position };
  }

  /** What stands before `=` or `{`: the key, then labels. */
  #keys(): [string, ...string[]] {
    const reader = this.#reader;
    const keys: string[] = [];
    while (reader.token.kind === "IDENT" || reader.token.kind === "STRING") {
      const { token } = reader;
      keys.push(token.kind === "IDENT" ? token.value : plainText(token.pieces));
      reader.advance();
    }
    const [first, ...rest] = keys;
    if (first === undefined) {
      return reader.fail(`expected: IDENT | STRING got: ${reader.token.kind}`, { hint: commaHint(reader.token) });
    }
    if (reader.token.kind !== "ASSIGN" && reader.token.kind !== "LBRACE") {
      const message = `expected: IDENT | STRING | ASSIGN | LBRACE got: ${reader.token.kind}`;
      reader.fail(message, { hint: commaHint(reader.token) });
    }
    return [first, ...rest];
  }

  #value(depth: number) {
    const { token } = this.#reader;
    return this.#expressions.expression(`a value is expected after ASSIGN got: ${token.kind}`, depth);
  }

  *#block(head: { key: string; labels: string[]; position: Position }, depth: number): Steps<SyntaxItem> {
    const reader = this.#reader;
    const opening = reader.token.position;
    const inner = depth + 1 + head.labels.length;
    if (inner > deepest) this.#tooDeep();
    reader.advance();
    const items: SyntaxItem[] = [];
    while (!reader.isAt("RBRACE")) {
      if (reader.isAt("EOF")) this.#unclosed(opening);
      yield* this.#itemInto(items, inner);
    }
    this.#advancePastBrace();
    return { kind: "block", ...head, body: { source: this.#source, position: opening, items } };
  }

  /** The inside of `{ … }` after an equals sign: a block in HCL 1, an object in HCL 2. Commas may end its items. */
  #object(opening: Position, depth: number): SyntaxBody {
    const reader = this.#reader;
    if (depth >= deepest) this.#tooDeep();
    const items: SyntaxItem[] = [];
    while (!reader.isAt("RBRACE")) {
      if (reader.isAt("EOF")) this.#unclosed(opening);
      this.#recovering(() => {
        items.push(this.#objectItem(depth));
        reader.accept("COMMA");
      });
    }
    this.#advancePastBrace();
    return { source: this.#source, position: opening, items };
  }

  #objectItem(depth: number): SyntaxItem {
    const reader = this.#reader;
    const { token } = reader;
    if (token.kind !== "IDENT") {
      const isAttribute = token.kind === "LPAREN" || token.kind === "NUMBER" || isFollowedByMark(this.#source, token);
      return isAttribute ? objectAttribute(reader, this.#expressions) : allAtOnce(this.#item(depth));
    }
    const isAttribute = isFollowedByMark(this.#source, token);
    return isAttribute ? objectAttribute(reader, this.#expressions) : allAtOnce(this.#item(depth));
  }

  /** A mistake behind a brace is that of the next item. */
  #advancePastBrace(): void {
    this.#recovering(() => this.#reader.advance());
  }

  /** Runs `parse`; what is wrong is kept, and the next item is sought. */
  #recovering(parse: () => void): void {
    const start = this.#reader.token.position.offset;
    try {
      parse();
    } catch (error) {
      this.#recover(error, start);
    }
  }

  #recover(error: unknown, start: number): void {
    if (!(error instanceof HCLError)) throw error;
    if (this.#problems.length + 1 >= mostProblems) throw new Hopeless(error);
    this.#problems.push(error);
    this.#seekItem(start);
  }

  /** Goes to the brace that closes the block, or to a line that begins with a name, outside of braces opened meanwhile. */
  #seekItem(start: number): void {
    const reader = this.#reader;
    const isBehind = reader.token.position.offset > start;
    if (isBehind && reader.token.startsLine && reader.isAt("IDENT")) return;
    let depth = 0;
    if (reader.isAt("LBRACE")) depth += 1;
    if (!reader.isAt("RBRACE")) reader.advanceAnyhow();
    while (!reader.isAt("EOF")) {
      if (depth === 0 && reader.isAt("RBRACE")) return;
      if (depth === 0 && reader.token.startsLine && reader.isAt("IDENT")) return;
      if (reader.isAt("LBRACE")) depth += 1;
      if (reader.isAt("RBRACE")) depth -= 1;
      reader.advanceAnyhow();
    }
  }

  #tooDeep(): never {
    const { position } = this.#reader.token;
    const message = `blocks nest deeper than ${deepest} levels, labels included`;
    throw new Hopeless(HCLError.placed(this.#source, { message, position }));
  }

  #unclosed(opening: Position): never {
    const hint = `The block that begins at ${opening.line}:${opening.column} has no "}"`;
    const message = "object expected closing RBRACE got: EOF";
    throw new Hopeless(HCLError.bare(this.#source, { message, position: this.#reader.token.position, hint }));
  }
}

/** Whether `=` or `:` stands behind a key on its line. */
function isFollowedByMark({ text }: Source, { end }: Token): boolean {
  return /^[ \t]*(?:=(?!=)|:)/.test(text.slice(end, end + 200));
}

function commaHint({ kind }: Token): string | undefined {
  return kind === "COMMA" ? "Items are separated by space or a new line, not by commas" : undefined;
}
