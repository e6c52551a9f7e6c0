const directiveHead = /%\{~?[ \t\r\n]*(?:if|else|endif|for|endfor)(?![\p{L}\p{Nd}_-])/uy;
/** No mark that means anything is deeper, and who looks for its end goes down with it. */
export const deepestMark = 32;

/** Whether `${` or a directive begins at `at`. What follows `%{` else is text: `%{http_code}` is a format of curl. */
export function markAt(text: string, at: number): "interpolation" | "directive" | undefined {
  if (text.startsWith("${", at)) return "interpolation";
  if (!text.startsWith("%{", at)) return undefined;
  directiveHead.lastIndex = at;
  return directiveHead.test(text) ? "directive" : undefined;
}

/**
 * Where `${…}` and `%{…}` end in a text: where the expression ends, or else where HCL 1 sees the end. How far may be
 * looked for ends that are not there is limited for the text as a whole: each of its marks may go without.
 */
export class MarkEnds {
  readonly #text: string;
  /** How many characters may still be gone through in vain. */
  #left: number;
  /** How far the last search came. */
  #reached = 0;
  /** The line that was asked for last. */
  #line = { start: 0, end: -1 };

  constructor(text: string) {
    this.#text = text;
    this.#left = Math.max(1024 * 1024, 16 * text.length);
  }

  /** The offset behind the brace that ends the mark at `start`, before `limit`; undefined if there is none. */
  after(start: number, limit: number, kind: "interpolation" | "directive"): number | undefined {
    const isSpent = this.#left <= 0;
    if (isSpent && kind === "directive") return undefined;
    const found = isSpent ? undefined : this.#endOfExpression(start + 2, limit, 0);
    if (found !== undefined) return found;
    this.#left -= isSpent ? 0 : this.#reached - start;
    const end = endByBraces(this.#text, start + 2, limit);
    if (end === undefined) this.#left -= limit - start;
    return end;
  }

  /** Where the line ends that `offset` is in. */
  lineEnd(offset: number): number {
    if (offset >= this.#line.start && offset <= this.#line.end) return this.#line.end;
    const end = this.#text.indexOf("\n", offset);
    this.#line = { start: offset, end: end === -1 ? this.#text.length : end };
    return this.#line.end;
  }

  /**
   * Braces are counted, but for those in strings, which may have marks of their own. A backslash outside of strings is
   * in no expression: it is a quote of HCL 1, as in `"${FOO:-\"bar\"}"`.
   */
  #endOfExpression(start: number, limit: number, level: number): number | undefined {
    let depth = 1;
    let at = start;
    while (at < limit) {
      const character = this.#text[at];
      if (character === "\\") return this.#noEnd(at);
      if (character === '"') {
        const end = this.#endOfString(at + 1, limit, level + 1);
        if (end === undefined) return undefined;
        at = end;
        continue;
      }
      if (character === "{") depth += 1;
      if (character === "}") depth -= 1;
      at += 1;
      if (depth === 0) return at;
    }
    return this.#noEnd(at);
  }

  #endOfString(start: number, limit: number, level: number): number | undefined {
    if (level > deepestMark) return this.#noEnd(start);
    let at = start;
    while (at < limit && this.#text[at] !== "\n") {
      if (this.#text[at] === '"') return at + 1;
      if (this.#text[at] === "\\") {
        at += 2;
      } else if (markAt(this.#text, at) !== undefined) {
        const end = this.#endOfExpression(at + 2, limit, level);
        if (end === undefined) return undefined;
        at = end;
      } else at += 1;
    }
    return this.#noEnd(at);
  }

  #noEnd(at: number): undefined {
    this.#reached = at;
  }
}

function endByBraces(text: string, start: number, limit: number): number | undefined {
  let depth = 1;
  for (let at = start; at < limit; at++) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return undefined;
}
