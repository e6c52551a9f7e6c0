import type { Steps } from "../../base/index.ts";
import type { Block, Body, Expression, Item } from "../ast.ts";
import { HCLError } from "../hcl-error.ts";
import { mostProblems } from "../limits.ts";
import type { Position, Source } from "../source.ts";
import type { Node, SyntaxAttribute, SyntaxBlock, SyntaxBody } from "../syntax.ts";
import { BudgetSpent } from "./budget.ts";
import { type Evaluator, overBudget } from "./evaluator.ts";
import { AlreadyTold, type Scope } from "./scope.ts";
import { isList, isMap, type Value, ValueSet } from "./value.ts";

/**
 * A body of HCL 2 with all values in place of expressions, and blocks in place of `dynamic` ones. Throws `HCLError` with
 * all that is wrong. Each item is a step.
 */
export function* evaluateBody(body: SyntaxBody, evaluator: Evaluator, scope: Scope): Steps<Body> {
  const problems: HCLError[] = [];
  const evaluated = yield* new BodyEvaluation(evaluator, problems).body(body, scope);
  if (problems.length > 0) throw HCLError.joined(problems);
  return evaluated;
}

class BodyEvaluation {
  readonly #evaluator: Evaluator;
  readonly #problems: HCLError[];

  constructor(evaluator: Evaluator, problems: HCLError[]) {
    this.#evaluator = evaluator;
    this.#problems = problems;
  }

  *body({ source, position, items }: SyntaxBody, scope: Scope): Steps<Body> {
    const found: Item[] = [];
    for (const item of items) {
      try {
        if (item.kind === "attribute") found.push(...(yield* this.#attribute(item, scope)));
        else if (item.key === "dynamic" && item.labels.length === 1) found.push(...(yield* this.#dynamic(item, scope)));
        else found.push({ ...item, body: yield* this.body(item.body, scope) });
      } catch (error) {
        this.#keep(error, source, item.position);
      }
      yield;
    }
    return { source, position, items: found };
  }

  /** What is wrong with one item does not keep the others from being looked at; work without end does. */
  #keep(error: unknown, source: Source, position: Position): void {
    if (error instanceof AlreadyTold) return;
    const problem = error instanceof BudgetSpent ? overBudget(source, position, error) : error;
    if (!(problem instanceof HCLError)) throw error;
    if (error instanceof BudgetSpent || this.#problems.length >= mostProblems) {
      throw HCLError.joined([...this.#problems.splice(0), problem]);
    }
    this.#problems.push(problem);
  }

  *#attribute(item: SyntaxAttribute, scope: Scope): Steps<Item[]> {
    const key = this.#evaluator.key(item, scope);
    const { value, position } = item;
    const objects = objectsIn(value);
    if (objects !== undefined) {
      const blocks: Block[] = [];
      for (const { body } of objects) {
        blocks.push({ kind: "block", key, labels: [], body: yield* this.body(body, scope), position });
      }
      return blocks;
    }
    const place = { source: this.#evaluator.source, position: value.position };
    const found = this.#evaluator.evaluate(value, scope);
    this.#evaluator.payForElements(found);
    return itemsOf(key, found, place, position);
  }

  /** A block for each element of `for_each`. */
  *#dynamic({ labels: [key = ""], body, position }: SyntaxBlock, scope: Scope): Steps<Block[]> {
    const parts = this.#parts(body, position);
    const iterator = parts.iterator === undefined ? key : nameIn(this.#evaluator, parts.iterator);
    const blocks: Block[] = [];
    for (const [name, value] of this.#evaluator.entries(parts.forEach, scope)) {
      const each = new Map([
        ["key", name],
        ["value", value],
      ]);
      const round = scope.with(new Map([[iterator, each]]));
      const labels = parts.labels.map((label) => this.#evaluator.text(label, round));
      blocks.push({ kind: "block", key, labels, body: yield* this.body(parts.content, round), position });
      yield;
    }
    return blocks;
  }

  #parts(body: SyntaxBody, position: Position) {
    const known = ["for_each", "iterator", "labels", "content"];
    const wrong = body.items.find(({ key }) => !known.includes(key));
    if (wrong !== undefined) {
      this.#evaluator.fail(wrong.position, `invalid key: ${wrong.key}`, `Known here: ${known.join(", ")}`);
    }
    const attribute = (key: string) =>
      body.items.find((item): item is SyntaxAttribute => item.kind === "attribute" && item.key === key)?.value;
    const forEach = attribute("for_each");
    const content = body.items.find((item): item is SyntaxBlock => item.kind === "block" && item.key === "content");
    const labels = attribute("labels");
    if (forEach === undefined) return this.#evaluator.fail(position, "a dynamic block needs for_each");
    if (content === undefined) return this.#evaluator.fail(position, "a dynamic block needs a content block");
    if (labels !== undefined && labels.kind !== "list") {
      return this.#evaluator.fail(labels.position, "labels must be a list");
    }
    return { forEach, iterator: attribute("iterator"), labels: labels?.items ?? [], content: content.body };
  }
}

type ObjectNode = Extract<Node, { kind: "object" }>;

/** Objects that were written in the place of blocks. */
function objectsIn(value: Node): readonly ObjectNode[] | undefined {
  if (value.kind === "object") return [value];
  if (value.kind !== "list" || value.items.length === 0) return undefined;
  return value.items.every((one) => one.kind === "object") ? (value.items as ObjectNode[]) : undefined;
}

/** An object is a block, a list of objects a block for each; null is as if it had not been written. */
export function itemsOf(
  key: string,
  value: Value,
  place: { readonly source: Source; readonly position: Position },
  position: Position,
): Item[] {
  if (value === null) return [];
  const blocks = isMap(value) ? [value] : isList(value) && value.length > 0 && value.every(isMap) ? value : undefined;
  if (blocks === undefined) return [{ kind: "attribute", key, value: expressionOf(value, place), position }];
  return blocks.map((one) => ({ kind: "block", key, labels: [], body: bodyOf(one as never, place), position }));
}

function bodyOf(
  value: ReadonlyMap<string, Value>,
  place: { readonly source: Source; readonly position: Position },
): Body {
  const items = [...value].flatMap(([key, member]) => itemsOf(key, member, place, place.position));
  return { ...place, items };
}

function expressionOf(value: Value, place: { readonly source: Source; readonly position: Position }): Expression {
  const { position } = place;
  if (typeof value === "string") return { kind: "string", value, position };
  if (typeof value === "boolean") return { kind: "boolean", value, position };
  if (typeof value === "number" || typeof value === "bigint") return { kind: "number", value, position };
  if (value === null) return { kind: "string", value: "", position };
  if (isMap(value)) return { kind: "object", body: bodyOf(value, place), position };
  const elements = value instanceof ValueSet ? value.elements : (value as readonly Value[]);
  return { kind: "list", items: elements.map((element) => expressionOf(element, place)), position };
}

function nameIn(evaluator: Evaluator, node: Node): string {
  if (node.kind === "reference") return node.name;
  if (node.kind === "string") return node.plain;
  return evaluator.fail(node.position, "a name is expected");
}
