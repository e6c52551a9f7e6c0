/**
 * Enough of TypeScript's grammar to see what a file imports and what its code names, without being misled by
 * comments, strings, templates and patterns.
 */

/** One `import … from`, `export … from`, `import "…"` or `import("…")`. */
export interface Import {
  readonly specifier: string;
  /** Nothing of it is left when types are erased. */
  readonly typeOnly: boolean;
  /** The names asked for, where they are written down. */
  readonly names: readonly string[];
}

/** The imports and re-exports that `text` declares. Dynamic imports count when their name is written out. */
export function importsOf(text: string): readonly Import[] {
  const code = withoutComments(text);
  const declared = /(?:^|[;\n}])\s*(?:import|export)\s+(type\s+)?((?:[\w$*]|[{},\s])*?)\s*\bfrom\s*(["'])([^"'\n]+)\3/g;
  const bare = /(?:^|[;\n}])\s*import\s*(["'])([^"'\n]+)\1/g;
  const dynamic = /(?:\bconst\s*(\{[\w$:,\s]*\})\s*=\s*await\s+)?\bimport\(\s*(["'])([^"'\n]+)\2/g;
  return [
    ...[...code.matchAll(declared)].map(([, type, clause = "", , specifier = ""]) => ({
      specifier,
      typeOnly: type !== undefined || onlyTypes(clause),
      names: namesIn(clause),
    })),
    ...[...code.matchAll(bare)].map(([, , specifier = ""]) => ({ specifier, typeOnly: false, names: [] })),
    ...[...code.matchAll(dynamic)].map(([, clause = "", , specifier = ""]) => ({
      specifier,
      typeOnly: false,
      names: namesIn(clause),
    })),
  ];
}

function onlyTypes(clause: string): boolean {
  const parts = partsIn(clause);
  return clause.trim().startsWith("{") && parts.length > 0 && parts.every((part) => part.startsWith("type "));
}

function namesIn(clause: string): readonly string[] {
  return partsIn(clause).map((part) => part.replace(/^type\s+/, "").replace(/(?:\s+as\s+|\s*:).*$/, ""));
}

function partsIn(clause: string): readonly string[] {
  const parts = clause.replace(/[{}]/g, " ").split(",");
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** The text with comments and templates blanked: what remains is code and quoted strings. */
function withoutComments(text: string): string {
  return lexemes(text).join("");
}

/** The text with comments, strings and patterns blanked: what remains is code. */
export function codeOf(text: string): string {
  return lexemes(text)
    .map((lexeme) => (/^["'/]./.test(lexeme) ? '""' : lexeme))
    .join("");
}

const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//;
const quoted = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/;
const pattern = /\/(?:[^/*\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*\/[a-z]*/;
const lexeme = new RegExp(`${comment.source}|${quoted.source}|${pattern.source}|[\\w$]+|\\s+|[\\s\\S]`, "y");
/** From the opening backtick, or the brace that closes an inserted expression, to the next one or the end. */
const templateText = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;

/**
 * The lexical pieces of a TypeScript text, comments as a blank and template texts without their content, so that
 * code inside `${…}` stays code. A slash begins a pattern only where a value may begin.
 */
function lexemes(text: string): readonly string[] {
  const found: string[] = [];
  /** For each open `${`, how many braces are open inside it. */
  const insertions: number[] = [];
  let before = "";
  for (let position = 0; position < text.length; ) {
    const closesInsertion = text[position] === "}" && insertions.at(-1) === 0;
    const rule = text[position] === "`" || closesInsertion ? templateText : lexeme;
    rule.lastIndex = position;
    const matched = rule.exec(text)?.[0] ?? text[position]!;
    const divides = matched.startsWith("/") && !isComment(matched) && !valueMayBeginAfter(before);
    const piece = divides ? "/" : matched;
    position += piece.length;

    if (closesInsertion) insertions.pop();
    if (rule === templateText && piece.endsWith("${")) insertions.push(0);
    if (rule === lexeme && insertions.length > 0) {
      if (piece === "{") insertions[insertions.length - 1]! += 1;
      if (piece === "}") insertions[insertions.length - 1]! -= 1;
    }
    found.push(rule === templateText ? (piece.endsWith("${") ? "(" : ")") : isComment(piece) ? " " : piece);
    if (piece.trim() !== "" && !isComment(piece)) before = found.at(-1)!;
  }
  return found;
}

function isComment(piece: string): boolean {
  return piece.startsWith("//") || piece.startsWith("/*");
}

function valueMayBeginAfter(before: string): boolean {
  return /^(?:|[(,=:[!&|?{};+\-*%<>~^]|return|typeof|case|in|of|do|else|yield|await|void|delete|throw)$/.test(before);
}
