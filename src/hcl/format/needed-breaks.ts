import type { Comment } from "../lexer.ts";
import type { Node, SyntaxBody, SyntaxItem, TemplatePart } from "../syntax.ts";
import type { Token } from "../token.ts";

/**
 * The offsets of words that must begin a line: items, and the brace behind them, of every block with more than one
 * attribute. Where nothing but space is between items only HCL 1 can read it, so that this makes HCL 2 of it. An object
 * whose items have commas or lines between them is left as it is.
 */
export function neededBreaks(
  tree: SyntaxBody,
  tokens: readonly Token[],
  comments: readonly Comment[],
  text: string,
): ReadonlySet<number> {
  const search = new BreakSearch(tokens, comments, text);
  for (const item of tree.items) search.item(item);
  return search.breaks;
}

class BreakSearch {
  readonly breaks = new Set<number>();
  readonly #text: string;
  /** The closing brace of each opening one, by offset. */
  readonly #closing = new Map<number, number>();
  readonly #commas: readonly number[];
  readonly #comments: readonly Comment[];

  constructor(tokens: readonly Token[], comments: readonly Comment[], text: string) {
    this.#text = text;
    this.#comments = comments;
    const open: number[] = [];
    for (const { kind, position } of tokens) {
      if (kind === "LBRACE") open.push(position.offset);
      if (kind === "RBRACE") this.#closing.set(open.pop()!, position.offset);
    }
    this.#commas = tokens.filter(({ kind }) => kind === "COMMA").map(({ position }) => position.offset);
  }

  /** Whether something in the item must begin a line. The first item of a file begins one anyway. */
  item(item: SyntaxItem): boolean {
    this.breaks.add(item.position.offset);
    return item.kind === "block" ? this.#body(item.body, "block") : this.#value(item.value);
  }

  #value(node: Node): boolean {
    switch (node.kind) {
      case "object":
        return this.#body(node.body, "object");
      case "list":
        return anyOf(node.items, (one) => this.#value(one));
      case "call":
        return anyOf(node.parameters, (one) => this.#value(one));
      case "string":
        return anyOf(node.template, (part: TemplatePart) => part.kind === "text" && part.value.includes("\n"));
      case "binary":
        return anyOf([node.left, node.right], (one) => this.#value(one));
      case "conditional":
        return anyOf([node.condition, node.whenTrue, node.whenFalse], (one) => this.#value(one));
      case "for":
        return anyOf([node.of, node.result], (one) => this.#value(one));
      case "member":
      case "index":
      case "splat":
      case "unary":
        return this.#value(node.of);
      default:
        return false;
    }
  }

  #body({ position, items }: SyntaxBody, kind: "block" | "object"): boolean {
    const [opening, closing] = [position.offset, this.#closing.get(position.offset)!];
    const isOneLine = !this.#text.slice(opening, closing).includes("\n");
    const [first, second] = items;
    if (first === undefined) return !isOneLine && this.#hasComment(opening, closing);
    if (kind === "object" && !items.some((item) => item.kind === "block") && this.#isSeparated(items)) {
      return anyOf(items, (item) => item.kind === "attribute" && this.#value(item.value)) || !isOneLine;
    }
    const breaksInside = anyOf(items, (item) => this.item(item));
    const isShort = second === undefined && first.kind === "attribute" && isOneLine && !breaksInside;
    if (isShort) this.breaks.delete(first.position.offset);
    else this.breaks.add(closing);
    return !isShort;
  }

  /** Whether a comma or the end of a line stands between each item and the next. */
  #isSeparated(items: readonly SyntaxItem[]): boolean {
    return items.every((item, index) => {
      const next = items[index + 1];
      if (item.kind === "block" || next === undefined) return true;
      const [from, to] = [item.value.end, next.position.offset];
      return this.#text.slice(from, to).includes("\n") || this.#commaBetween(from, to);
    });
  }

  #commaBetween(from: number, to: number): boolean {
    let [low, high] = [0, this.#commas.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#commas[middle]! < from) low = middle + 1;
      else high = middle;
    }
    return (this.#commas[low] ?? Number.POSITIVE_INFINITY) < to;
  }

  #hasComment(from: number, to: number): boolean {
    return this.#comments.some(({ start }) => start > from && start < to);
  }
}

/** Like `some`, but asks of every element. */
function anyOf<Element>(elements: readonly Element[], ask: (element: Element) => boolean): boolean {
  return elements.map(ask).includes(true);
}
