import type { Word } from "./format.ts";

/** What may end a value, so that a sign behind it is between two values. */
const valueEnds: readonly Word["kind"][] = [
  "IDENT",
  "NUMBER",
  "FLOAT",
  "BOOL",
  "STRING",
  "HEREDOC",
  "RBRACK",
  "RPAREN",
  "RBRACE",
];

/** The space between two words of a line; `before` is the word before them. */
export function spaceBetween(before: Word | undefined, left: Word, right: Word): "" | " " {
  if (left.kind === "COMMENT" || right.kind === "COMMENT") return " ";
  if (left.kind === "LBRACE" && right.kind === "RBRACE") return "";
  if (left.kind === "LPAREN" || left.kind === "LBRACK") return "";
  if (right.kind === "RPAREN" || right.kind === "RBRACK") return "";
  // Without the space two names around a dot would be read as one.
  if (left.kind === "DOT" || right.kind === "DOT") return right.spaceBefore || right.linesBefore > 0 ? " " : "";
  if (right.kind === "COMMA" || right.kind === "ELLIPSIS") return "";
  if (isPrefix(before, left)) return "";
  const isAttached = valueEnds.includes(left.kind) && !right.spaceBefore && right.linesBefore === 0;
  if (right.kind === "LPAREN" && left.kind === "IDENT" && isAttached) return "";
  if (right.kind === "LBRACK" && isAttached) return "";
  if (right.kind === "COLON" && isAttached) return "";
  return " ";
}

/** `!`, and a minus sign that is not between two values. */
function isPrefix(before: Word | undefined, { kind, text }: Word): boolean {
  if (kind !== "OPERATOR") return false;
  if (text === "!") return true;
  const isBetween = before !== undefined && valueEnds.includes(before.kind) && !isKeyword(before);
  return text === "-" && !isBetween;
}

function isKeyword({ kind, text }: Word): boolean {
  return kind === "IDENT" && (text === "in" || text === "if");
}
