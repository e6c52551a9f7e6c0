import { functionNames } from "./functions.ts";
import { type Piece, type Place, parseFailure, type Token, tokensOf } from "./lexer.ts";
import type { Command, Node, Operand, Pipeline } from "./nodes.ts";

/** Groups may nest this deep; a template deeper than that is no template of a person. */
const deepestNesting = 100;

/** Reads a template into nodes. Throws `TemplateError`. */
export function parseTemplate(template: string): readonly Node[] {
  const parser = new Parser(tokensOf(template));
  return parser.whole();
}

type Ending = "end" | "else" | "none";

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;
  /** Names of variables that may be used here. */
  #variables: string[] = ["$"];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): readonly Node[] {
    const { nodes, ending, place } = this.#nodes();
    if (ending !== "none") throw parseFailure(place, `unexpected {{${ending}}}`);
    return nodes;
  }

  /** Nodes up to the end of the template, or to an `{{end}}` or `{{else …}}`, which is taken. */
  #nodes(): { nodes: readonly Node[]; ending: Ending; rest: readonly Piece[]; place: Place } {
    const nodes: Node[] = [];
    for (let token = this.#tokens[this.#position++]; token !== undefined; token = this.#tokens[this.#position++]) {
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      const [first, ...rest] = token.pieces;
      if (first?.kind === "name" && (first.text === "end" || first.text === "else")) {
        return { nodes, ending: first.text, rest, place: token.place };
      }
      nodes.push(this.#action(token.pieces, token.place));
    }
    return { nodes, ending: "none", rest: [], place: this.#tokens.at(-1)?.place ?? { line: 1, column: 0 } };
  }

  #action(pieces: readonly Piece[], place: Place): Node {
    const [first, ...rest] = pieces;
    if (first === undefined) throw parseFailure(place, "missing value for command");
    if (first.kind === "name" && (first.text === "if" || first.text === "with" || first.text === "range")) {
      return this.#control(first.text, rest, place);
    }
    if (first.kind === "name" && ["define", "template", "block", "break", "continue"].includes(first.text)) {
      throw parseFailure(place, `{{${first.text}}} is not supported here`);
    }
    return { kind: "show", pipeline: this.#pipeline(pieces, place, "command") };
  }

  #control(kind: "if" | "with" | "range", pieces: readonly Piece[], place: Place): Node {
    if (++this.#depth > deepestNesting) throw parseFailure(place, "nested too deeply");
    const outer = [...this.#variables];
    const pipeline = this.#pipeline(pieces, place, kind);
    const body = this.#nodes();
    const inner = this.#variables;
    let otherwise: readonly Node[] = [];
    if (body.ending === "none") throw parseFailure(body.place, "unexpected EOF");
    if (body.ending === "else" && body.rest.length > 0) {
      const [next, ...condition] = body.rest;
      if (kind === "range" || next?.text !== kind) throw parseFailure(body.place, `unexpected ${next!.text} in else`);
      otherwise = [this.#control(kind, condition, body.place)];
    } else if (body.ending === "else") {
      this.#variables = [...inner];
      const rest = this.#nodes();
      if (rest.ending !== "end") {
        throw parseFailure(rest.place, rest.ending === "else" ? "expected end; found {{else}}" : "unexpected EOF");
      }
      otherwise = rest.nodes;
    }
    this.#variables = outer;
    this.#depth--;
    return { kind, pipeline, body: body.nodes, otherwise };
  }

  #pipeline(pieces: readonly Piece[], place: Place, context: string): Pipeline {
    const { declares, isNew, taken } = this.#declaration(pieces, context);
    const commands: Command[] = [];
    let current: Piece[] = [];
    let nesting = 0;
    const finish = (): void => {
      if (current.length === 0) throw parseFailure(place, `missing value for ${context}`);
      commands.push(this.#command(current));
      current = [];
    };
    for (const piece of pieces.slice(taken)) {
      if (piece.text === "(" && piece.kind === "mark") nesting++;
      if (piece.text === ")" && piece.kind === "mark") nesting--;
      if (nesting < 0) throw parseFailure(piece.place, "unexpected right paren");
      if (piece.kind === "mark" && piece.text === "|" && nesting === 0) finish();
      else current.push(piece);
    }
    if (nesting > 0) throw parseFailure(place, "unclosed left paren");
    finish();
    for (const name of isNew ? declares : []) this.#variables.push(name);
    return { declares, isNew, commands, place, source: sourceOf(pieces) };
  }

  /** `$x :=`, `$x =`, or for a range `$index, $element :=`. */
  #declaration(pieces: readonly Piece[], context: string): { declares: string[]; isNew: boolean; taken: number } {
    const none = { declares: [], isNew: false, taken: 0 };
    const [first, second, third, fourth] = pieces;
    if (first?.kind !== "variable") return none;
    if (second?.text === ":=" || second?.text === "=") {
      if (second.text === "=") this.#mustExist(first);
      return { declares: [first.text], isNew: second.text === ":=", taken: 2 };
    }
    if (second?.text !== "," || third?.kind !== "variable" || fourth?.text !== ":=") return none;
    if (context !== "range") throw parseFailure(first.place, `too many declarations in ${context}`);
    return { declares: [first.text, third.text], isNew: true, taken: 4 };
  }

  #command(pieces: readonly Piece[]): Command {
    const operands: Operand[] = [];
    for (let at = 0; at < pieces.length; ) {
      const { operand, next } = this.#operand(pieces, at);
      operands.push(operand);
      at = next;
    }
    return { operands, place: pieces[0]!.place, source: sourceOf(pieces) };
  }

  #operand(pieces: readonly Piece[], at: number): { operand: Operand; next: number } {
    const { base, next } = this.#base(pieces, at);
    const chained: string[] = [];
    let end = next;
    while (pieces[end]?.kind === "field" && !pieces[end]!.spaceBefore) chained.push(pieces[end++]!.text.slice(1));
    if (chained.length > 0 && (base.kind === "literal" || base.kind === "nil")) {
      throw parseFailure(base.place, `unexpected <.${chained[0]}> in operand`);
    }
    const source = sourceOf(pieces.slice(at, end));
    return { operand: { ...base, fields: [...base.fields, ...chained], source }, next: end };
  }

  #base(pieces: readonly Piece[], at: number): { base: Operand; next: number } {
    const piece = pieces[at]!;
    const common = { place: piece.place, source: piece.text, fields: [] };
    switch (piece.kind) {
      case "field":
        return { base: { ...common, kind: "dot", fields: [piece.text.slice(1)] }, next: at + 1 };
      case "variable":
        this.#mustExist(piece);
        return { base: { ...common, kind: "variable", name: piece.text }, next: at + 1 };
      case "string":
        return { base: { ...common, kind: "literal", goType: "string", value: unquoted(piece) }, next: at + 1 };
      case "number": {
        const goType = /^[+-]?(?:0[xX]|[0-9]+$)/.test(piece.text) ? "int" : "float64";
        return { base: { ...common, kind: "literal", goType, value: Number(piece.text) }, next: at + 1 };
      }
      case "name":
        return { base: named(piece, common), next: at + 1 };
      case "mark":
        if (piece.text === ".") return { base: { ...common, kind: "dot" }, next: at + 1 };
        if (piece.text === "(") return this.#group(pieces, at);
        throw parseFailure(piece.place, `unexpected "${piece.text}" in operand`);
    }
  }

  #group(pieces: readonly Piece[], at: number): { base: Operand; next: number } {
    if (++this.#depth > deepestNesting) throw parseFailure(pieces[at]!.place, "nested too deeply");
    let nesting = 0;
    let end = at;
    do {
      const piece = pieces[end++]!;
      if (piece.kind === "mark" && piece.text === "(") nesting++;
      if (piece.kind === "mark" && piece.text === ")") nesting--;
    } while (nesting > 0);
    const inside = pieces.slice(at + 1, end - 1);
    const pipeline = this.#pipeline(inside, pieces[at]!.place, "parenthesized pipeline");
    this.#depth--;
    return { base: { kind: "group", pipeline, place: pieces[at]!.place, source: "", fields: [] }, next: end };
  }

  #mustExist(piece: Piece): void {
    if (!this.#variables.includes(piece.text)) throw parseFailure(piece.place, `undefined variable "${piece.text}"`);
  }
}

function named(piece: Piece, common: { place: Place; source: string; fields: readonly string[] }): Operand {
  if (piece.text === "true" || piece.text === "false") {
    return { ...common, kind: "literal", goType: "bool", value: piece.text === "true" };
  }
  if (piece.text === "nil") return { ...common, kind: "nil" };
  if (!functionNames.has(piece.text)) throw parseFailure(piece.place, `function "${piece.text}" not defined`);
  return { ...common, kind: "function", name: piece.text };
}

const escapes = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);

function unquoted(piece: Piece): string {
  const inner = piece.text.slice(1, -1);
  if (piece.text.startsWith("`")) return inner;
  return inner.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/gs, (_, byte, unit, single) =>
    single === undefined ? String.fromCharCode(Number.parseInt(byte ?? unit, 16)) : (escapes.get(single) ?? single),
  );
}

function sourceOf(pieces: readonly Piece[]): string {
  return pieces.map(({ text, spaceBefore }, at) => (at > 0 && spaceBefore ? ` ${text}` : text)).join("");
}
