import { HCLError } from "./hcl-error.ts";
import { Lexer, type LexerOptions } from "./lexer.ts";
import type { Source } from "./source.ts";
import type { Token, TokenKind } from "./token.ts";

/** One token ahead of the parsers, which share it. */
export class TokenReader {
  readonly source: Source;
  readonly #lexer: Lexer;
  /** The token that is looked at. */
  token: Token;
  /** The offset behind the token that was taken last. */
  lastEnd = 0;

  constructor(source: Source, options: LexerOptions = {}) {
    this.source = source;
    this.#lexer = new Lexer(source, options);
    this.token = { kind: "EOF", position: { line: 1, column: 1, offset: 0 }, end: 0, startsLine: true };
  }

  /** Takes the token that is looked at, and looks at the next. */
  advance(): Token {
    const taken = this.token;
    this.lastEnd = taken.end;
    this.token = this.#lexer.next();
    return taken;
  }

  isAt(kind: TokenKind): boolean {
    return this.token.kind === kind;
  }

  isAtOperator(...operators: readonly string[]): boolean {
    return this.token.kind === "OPERATOR" && operators.includes(this.token.value);
  }

  isAtWord(word: string): boolean {
    return this.token.kind === "IDENT" && this.token.value === word;
  }

  /** Takes the token if it is of that kind. */
  accept(kind: TokenKind): boolean {
    if (this.token.kind !== kind) return false;
    this.advance();
    return true;
  }

  /** Looks at the next token even if what stands there is none, by leaving out the rest of its line. */
  advanceAnyhow(): void {
    for (;;) {
      try {
        this.advance();
        return;
      } catch (error) {
        if (!(error instanceof HCLError)) throw error;
        this.#lexer.skipLine();
      }
    }
  }

  /** What is wrong with the token that is looked at, or with another. */
  fail(
    message: string,
    { hint, at = this.token }: { readonly hint?: string | undefined; readonly at?: Token } = {},
  ): never {
    throw HCLError.placed(this.source, { message, position: at.position, hint });
  }
}
