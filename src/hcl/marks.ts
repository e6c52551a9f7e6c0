/** Where `${…}` and `%{…}` end in a text: the end that the expression has, or else the end that HCL 1 sees. */

const directiveHead = /%\{~?[ \t\r\n]*(?:if|else|endif|for|endfor)(?![\p{L}\p{Nd}_-])/uy;
/** No mark that means anything is deeper, and who looks for its end goes down with it. */
const deepestMark = 32;

/** Whether `${` or a directive begins at `at`. What follows `%{` else is text: `%{http_code}` is a format of curl. */
export function markAt(text: string, at: number): "interpolation" | "directive" | undefined {
  if (text.startsWith("${", at)) return "interpolation";
  if (!text.startsWith("%{", at)) return undefined;
  directiveHead.lastIndex = at;
  return directiveHead.test(text) ? "directive" : undefined;
}

/** The offset behind the brace that ends the mark at `start`, before `limit`; undefined if there is none. */
export function markEnd(text: string, start: number, limit: number): number | undefined {
  return endOfExpression(text, start + 2, limit, 0) ?? endByBraces(text, start + 2, limit);
}

/** Braces are counted, but for those in strings, which may have marks of their own. */
function endOfExpression(text: string, start: number, limit: number, level: number): number | undefined {
  let depth = 1;
  let at = start;
  while (at < limit) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at + 1, limit, level + 1);
      if (end === undefined) return undefined;
      at = end;
      continue;
    }
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return undefined;
}

function endOfString(text: string, start: number, limit: number, level: number): number | undefined {
  if (level > deepestMark) return undefined;
  let at = start;
  while (at < limit && text[at] !== "\n") {
    if (text[at] === '"') return at + 1;
    if (text[at] === "\\") {
      at += 2;
    } else if (markAt(text, at) !== undefined) {
      const end = endOfExpression(text, at + 2, limit, level);
      if (end === undefined) return undefined;
      at = end;
    } else at += 1;
  }
  return undefined;
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
