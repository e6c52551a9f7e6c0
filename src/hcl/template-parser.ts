import { HCLError } from "./hcl-error.ts";
import { deepest } from "./limits.ts";
import { deepestMark, MarkEnds, markAt } from "./marks.ts";
import type { Source } from "./source.ts";
import type { ForNames, Node, TemplatePart } from "./syntax.ts";
import type { Piece } from "./token.ts";
import type { TokenReader } from "./token-reader.ts";

/** What opens an expression inside a template. */
export interface TemplateReader {
  readonly source: Source;
  readonly depth: number;
  open(from: number, to: number): { readonly reader: TokenReader; readonly parser: Expressions };
}

interface Expressions {
  expression(expected: string): Node;
  forNames(): ForNames;
}

/** A template's parts, how tall the tallest of them is, and why they cannot be read, if so. */
export interface ParsedTemplate {
  readonly parts: readonly TemplatePart[];
  readonly height: number;
  readonly problem: HCLError | undefined;
}

/** What a piece is once its inside has been read. */
type Step =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "interpolation"; readonly value: Node }
  | { readonly kind: "if"; readonly condition: Node; readonly piece: Piece }
  | { readonly kind: "for"; readonly names: ForNames; readonly of: Node; readonly piece: Piece }
  | { readonly kind: "else"; readonly piece: Piece }
  | { readonly kind: "endif"; readonly piece: Piece }
  | { readonly kind: "endfor"; readonly piece: Piece };

/**
 * Reads what `${…}` and `%{…}` hold. `$${` and `%%{` mean `${` and `%{` themselves. A mark that is no HCL 2 makes a
 * `problem` and not an error, because in HCL 1 it is text.
 */
export function parseTemplate(
  pieces: readonly Piece[],
  kind: "STRING" | "HEREDOC",
  reader: TemplateReader,
): ParsedTemplate {
  const only = pieces.length === 1 && pieces[0]!.kind === "text" ? pieces[0]!.plain : undefined;
  if (pieces.length === 0) return { parts: [], height: 0, problem: undefined };
  if (only !== undefined)
    return { parts: [{ kind: "text", value: unescapedPercent(only) }], height: 0, problem: undefined };
  try {
    const steps = trimmed(pieces, kind, reader).map((piece) => stepOf(piece, reader));
    const tree = new TemplateTree(steps, reader);
    return { parts: tree.whole(), height: tree.height, problem: undefined };
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    return { parts: [], height: 0, problem: error };
  }
}

/**
 * `~` at the edge of a mark takes the space off its neighbour; `$` and `%` before a mark make its braces text, while marks
 * between them are marks: `$${a_${b}}`.
 */
function trimmed(pieces: readonly Piece[], kind: "STRING" | "HEREDOC", { source }: TemplateReader): Piece[] {
  const result: Piece[] = [];
  const ends = new MarkEnds(source.text);
  const left = pieces.map((piece) => ({ piece, level: 0 })).reverse();
  let trimsNext = false;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { piece, level } = next;
    const before = result.at(-1);
    if (piece.kind === "text") {
      const plain = unescapedPercent(piece.plain);
      result.push({ ...piece, plain: trimsNext ? plain.trimStart() : plain });
      trimsNext = false;
      continue;
    }
    trimsNext = false;
    const sign = source.text[piece.start]!;
    if (before?.kind === "text" && before.end === piece.start && before.plain.endsWith(sign)) {
      result[result.length - 1] = { ...before, plain: before.plain.slice(0, -1) };
      // Whoever nests them deeper means nothing by it, and each level is gone through again.
      const within =
        level < deepestMark ? sparedPieces(piece, kind, source.text, ends) : [{ ...piece, kind: "text" as const }];
      left.push(...within.map((inner) => ({ piece: inner, level: level + 1 })).reverse());
      continue;
    }
    if (source.text[piece.start + 2] === "~" && before?.kind === "text") {
      result[result.length - 1] = { ...before, plain: before.plain.trimEnd() };
    }
    trimsNext = source.text[piece.end - 2] === "~";
    result.push(piece);
  }
  return result;
}

/** What a mark is made of that is text itself: its braces, the text between them, and other marks. */
function sparedPieces(mark: Piece, kind: "STRING" | "HEREDOC", text: string, ends: MarkEnds): Piece[] {
  const result: Piece[] = [];
  const plainOf = (start: number, end: number) => {
    const raw = text.slice(start, end);
    return kind === "HEREDOC" ? raw : raw.replaceAll('\\"', '"');
  };
  let textStart = mark.start;
  for (let at = mark.start + 2; at < mark.end; ) {
    const found = markAt(text, at);
    const end = found === undefined ? undefined : ends.after(at, mark.end - 1, found);
    // To look for the end of each further mark would take long.
    if (found !== undefined && end === undefined) break;
    if (found === undefined || end === undefined) {
      at += 1;
      continue;
    }
    result.push({ kind: "text", plain: plainOf(textStart, at), start: textStart, end: at });
    result.push({ kind: found, plain: plainOf(at, end), start: at, end });
    at = end;
    textStart = end;
  }
  result.push({ kind: "text", plain: plainOf(textStart, mark.end), start: textStart, end: mark.end });
  return result;
}

function unescapedPercent(text: string): string {
  return text.replaceAll("%%{", "%{");
}

function stepOf(piece: Piece, { source, open }: TemplateReader): Step {
  if (piece.kind === "text") return { kind: "text", value: piece.plain };
  const from = piece.start + (source.text[piece.start + 2] === "~" ? 3 : 2);
  const to = piece.end - (source.text[piece.end - 2] === "~" && piece.end - 2 >= from ? 2 : 1);
  const { reader, parser } = open(from, to);
  const step = piece.kind === "interpolation" ? interpolation(parser) : directive(piece, reader, parser);
  if (!reader.isAt("EOF")) reader.fail(`"}" is expected, and not ${reader.token.kind}`);
  return step;
}

function interpolation(parser: Expressions): Step {
  return { kind: "interpolation", value: parser.expression('a value is expected after "${"') };
}

function directive(piece: Piece, reader: TokenReader, parser: Expressions): Step {
  const { token } = reader;
  const word = token.kind === "IDENT" ? token.value : "";
  reader.advance();
  switch (word) {
    case "if":
      return { kind: "if", condition: parser.expression('a condition is expected after "if"'), piece };
    case "for": {
      const names = parser.forNames();
      return { kind: "for", names, of: parser.expression('a list or an object is expected after "in"'), piece };
    }
    case "else":
    case "endif":
    case "endfor":
      return { kind: word, piece };
    default:
      return reader.fail("if, else, endif, for or endfor is expected", { at: token });
  }
}

/** Puts what is between the marks of `if` and `for` inside of them. */
class TemplateTree {
  readonly #steps: readonly Step[];
  readonly #reader: TemplateReader;
  #at = 0;
  height = 0;

  constructor(steps: readonly Step[], reader: TemplateReader) {
    this.#steps = steps;
    this.#reader = reader;
  }

  whole(): readonly TemplatePart[] {
    const parts = this.#until(this.#reader.depth);
    const left = this.#steps[this.#at];
    if (left !== undefined && "piece" in left)
      this.#fail(left.piece, `%{ ${left.kind} } has nothing that it belongs to`);
    return parts;
  }

  #until(depth: number): readonly TemplatePart[] {
    const parts: TemplatePart[] = [];
    for (;;) {
      const step = this.#steps[this.#at];
      if (step === undefined) return parts;
      // Whoever asked looks whether it is what ends it.
      if (step.kind === "else" || step.kind === "endif" || step.kind === "endfor") return parts;
      this.#at += 1;
      if ("piece" in step && depth >= deepest) this.#fail(step.piece, `directives nest deeper than ${deepest} levels`);
      parts.push(this.#part(step, depth + 1));
    }
  }

  #part(step: Exclude<Step, { kind: "else" | "endif" | "endfor" }>, depth: number): TemplatePart {
    switch (step.kind) {
      case "text":
        return step;
      case "interpolation":
        this.#measure(step.value, depth);
        return step;
      case "if": {
        this.#measure(step.condition, depth);
        const whenTrue = this.#until(depth);
        const hasElse = this.#steps[this.#at]?.kind === "else";
        if (hasElse) this.#at += 1;
        const whenFalse = hasElse ? this.#until(depth) : [];
        this.#close("endif", step.piece);
        return { kind: "if", condition: step.condition, whenTrue, whenFalse };
      }
      case "for": {
        this.#measure(step.of, depth);
        const body = this.#until(depth);
        this.#close("endfor", step.piece);
        return { kind: "for", names: step.names, of: step.of, body };
      }
    }
  }

  #close(kind: "endif" | "endfor", opening: Piece): void {
    if (this.#steps[this.#at]?.kind !== kind) this.#fail(opening, `%{ ${kind} } is missing`);
    this.#at += 1;
  }

  /** Parts in directives are as much deeper as there are directives around them. */
  #measure({ height }: Node, depth: number): void {
    this.height = Math.max(this.height, height + depth - this.#reader.depth);
  }

  #fail({ start, end }: Piece, message: string): never {
    const { reader } = this.#reader.open(start, end);
    throw HCLError.placed(this.#reader.source, { message, position: { ...reader.token.position, offset: start } });
  }
}
