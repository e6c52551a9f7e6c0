import { nearest } from "../../base/index.ts";
import { HCLError } from "../hcl-error.ts";
import { deepest } from "../limits.ts";
import type { Position, Source } from "../source.ts";
import type { Node, StringNode, SyntaxBody, TemplatePart } from "../syntax.ts";
import type { Budget, BudgetSpent } from "./budget.ts";
import type { FunctionHost, HCLFunction } from "./function.ts";
import { Measures } from "./measures.ts";
import { compute } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { convert, type TypeConstraint, typeIn } from "./type-constraint.ts";
import {
  booleanOf,
  elementsOf,
  entriesOf,
  integerOf,
  isList,
  isMap,
  kindOf,
  numberValue,
  textOf,
  Unusable,
  type Value,
  type ValueMap,
} from "./value.ts";

/** Steps that a failure takes besides: to say what is wrong, and where, is more work than most that goes well. */
const failedAttempt = 20;

/** What expressions are evaluated with. */
export interface Circumstances {
  readonly functions: ReadonlyMap<string, HCLFunction>;
  readonly host: FunctionHost;
  readonly budget: Budget;
  /** Whether a name that nothing defines means something at run time, also outside of strings. */
  isKnownAtRunTime(name: string): boolean;
}

/** Evaluates the expressions of one text. Throws `HCLError` with the place, or `BudgetSpent`. */
export class Evaluator {
  readonly source: Source;
  readonly #circumstances: Circumstances;
  readonly #measures = new Measures();
  /** How many attempts are going on, whose failures nobody is told in full. */
  #attempts = 0;

  constructor(source: Source, circumstances: Circumstances) {
    this.source = source;
    this.#circumstances = circumstances;
  }

  evaluate(node: Node, scope: Scope): Value {
    const { budget } = this.#circumstances;
    budget.spend(1);
    return budget.deeper(() => this.#nested(node, this.#value(node, scope)));
  }

  #value(node: Node, scope: Scope): Value {
    switch (node.kind) {
      case "string":
        return this.#string(node, scope);
      case "number":
        return this.#using(node, () => numberValue(node.value));
      case "boolean":
        return node.value;
      case "null":
        return null;
      case "list":
        return node.items.map((item) => this.evaluate(item, scope));
      case "object":
        return this.#object(node.body, scope);
      case "reference":
      case "member":
      case "index":
        return this.#path(node, scope);
      case "splat":
        return this.#splat(node, scope);
      case "call":
        return this.#call(node, scope);
      case "unary":
      case "binary":
        return this.#operation(node, scope);
      case "conditional":
        return this.evaluate(this.truth(node.condition, scope) ? node.whenTrue : node.whenFalse, scope);
      case "for":
        return this.#for(node, scope);
    }
  }

  /**
   * Values nest no deeper than texts do, and what is in them often counts as often: whoever goes through one goes down
   * with it, and comes by everything in it.
   */
  #nested(node: Node, value: Value): Value {
    if (value === null || typeof value !== "object") return value;
    const measure = this.#measures.of(value);
    if (measure.depth > deepest) this.fail(node.position, `a value nests deeper than ${deepest} levels`);
    this.#circumstances.budget.refuseLarger(measure);
    return value;
  }

  /** Pays for going through values once. */
  #payFor(values: readonly Value[]): void {
    let size = 0;
    for (const value of values) {
      const { elements, characters } = this.#measures.of(value);
      size += elements + characters;
    }
    this.#circumstances.budget.spend(Math.floor(size / 16));
  }

  /** Pays for something new in the place of each element of a value. */
  payForElements(value: Value): void {
    this.#circumstances.budget.spend(this.#measures.of(value).elements);
  }

  /** The value as one of that type. Throws `Unusable`. */
  converted(value: Value, type: TypeConstraint): Value {
    this.payForElements(value);
    return convert(value, type);
  }

  /** A string, or what stands for one. */
  text(node: Node, scope: Scope): string {
    return this.#using(node, () => textOf(this.evaluate(node, scope)));
  }

  truth(node: Node, scope: Scope): boolean {
    return this.#using(node, () => booleanOf(this.evaluate(node, scope)));
  }

  /** What a loop goes through. */
  entries(node: Node, scope: Scope): (readonly [Value, Value])[] {
    const value = this.evaluate(node, scope);
    const entries = entriesOf(value);
    if (entries === undefined) return this.fail(node.position, `a list or an object is required, not ${kindOf(value)}`);
    this.#circumstances.budget.spend(entries.length);
    return entries;
  }

  fail(position: Position, message: string, hint?: string): never {
    throw HCLError.placed(this.source, { message, position, hint });
  }

  #string(node: StringNode, scope: Scope): Value {
    if (node.problem !== undefined) throw node.problem.hinted("To pass it on as it is, write $${…} or %%{…}");
    const [first, second] = node.template;
    if (first === undefined) return "";
    if (second === undefined && first.kind === "text") return first.value;
    const isAlone = second === undefined && this.source.text[node.position.offset] === '"';
    if (isAlone && first.kind === "interpolation") return this.#interpolated(first.value, scope);
    return this.#template(node.template, scope);
  }

  #template(parts: readonly TemplatePart[], scope: Scope): string {
    const texts = parts.map((part) => this.#part(part, scope));
    this.#circumstances.budget.spendSize(texts.reduce((sum, { length }) => sum + length, 0));
    return texts.join("");
  }

  #part(part: TemplatePart, scope: Scope): string {
    switch (part.kind) {
      case "text":
        return part.value;
      case "interpolation":
        return this.#using(part.value, () => textOf(this.#interpolated(part.value, scope)));
      case "if":
        return this.#template(this.truth(part.condition, scope) ? part.whenTrue : part.whenFalse, scope);
      case "for": {
        const rounds = this.entries(part.of, scope).map(([key, value]) =>
          this.#template(part.body, scope.with(loopValues(part.names, key, value))),
        );
        return rounds.join("");
      }
    }
  }

  /**
   * In a string, what nothing here defines is left to those who run the job; so is the name of what has only members,
   * which may be a name of a shell.
   */
  #interpolated(node: Node, scope: Scope): Value {
    const root = rootOf(node);
    const hasMembers = root !== undefined && node.kind !== "reference" && scope.members(root) !== undefined;
    const isDefined = root === undefined || scope.value(root) !== undefined || hasMembers;
    if (isDefined) return this.evaluate(node, scope);
    this.#refuseMisspelt(node, root, scope);
    return this.#verbatim(node);
  }

  /** `vars.image` where `var.image` is defined. */
  #refuseMisspelt(node: Node, root: string, scope: Scope): void {
    if (this.#circumstances.isKnownAtRunTime(root)) return;
    const [, member] = pathOf(node);
    if (member === undefined) return;
    for (const name of ["var", "local"]) {
      if (!scope.members(name)?.names().includes(member)) continue;
      this.fail(node.position, `There is no "${root}"`, `Did you mean "${name}.${member}"?`);
    }
  }

  #verbatim(node: Node): string {
    return `\${${this.source.text.slice(node.position.offset, node.end)}}`;
  }

  #path(node: Extract<Node, { kind: "reference" | "member" | "index" }>, scope: Scope): Value {
    const root = rootOf(node);
    if (root !== undefined && scope.value(root) === undefined && scope.members(root) === undefined) {
      if (this.#circumstances.isKnownAtRunTime(root)) return this.#verbatim(node);
      return this.#unknownName(node.position, root, scope);
    }
    if (node.kind === "reference") return this.#named(node, scope);
    if (node.kind === "index") return this.#indexed(node, scope);
    const members = node.of.kind === "reference" ? scope.members(node.of.name) : undefined;
    if (members === undefined) return this.#member(this.evaluate(node.of, scope), node.name, node.position);
    const value = members.get(node.name);
    if (value !== undefined) return value;
    const kind = node.of.kind === "reference" ? node.of.name : "";
    const message = `There is no ${kind === "var" ? "variable" : kind} "${node.name}"`;
    return this.fail(
      node.position,
      message,
      this.#suggestion(node.name, () => members.names()),
    );
  }

  #named({ name, position }: Extract<Node, { kind: "reference" }>, scope: Scope): Value {
    const value = scope.value(name);
    if (value !== undefined) return value;
    const members = scope.members(name);
    if (members === undefined) return this.#unknownName(position, name, scope);
    this.#circumstances.budget.spend(members.names().length);
    return new Map(members.names().map((member) => [member, members.get(member)!]));
  }

  #unknownName(position: Position, name: string, scope: Scope): never {
    const meant = this.#attempts > 0 ? undefined : nearest(name, scope.names());
    const hint = meant === undefined ? "A string needs double quotes" : `Did you mean "${meant}"?`;
    return this.fail(position, `There is no "${name}" here`, hint);
  }

  #member(value: Value, name: string, position: Position): Value {
    if (!isMap(value)) return this.fail(position, `${kindOf(value)} has no members such as "${name}"`);
    const member = value.get(name);
    if (member !== undefined) return member;
    return this.fail(
      position,
      `The object has no "${name}"`,
      this.#suggestion(name, () => value.keys()),
    );
  }

  #indexed(node: Extract<Node, { kind: "index" }>, scope: Scope): Value {
    return this.#at(this.evaluate(node.of, scope), node.key, scope);
  }

  #at(value: Value, keyNode: Node, scope: Scope): Value {
    const key = this.evaluate(keyNode, scope);
    const { position } = keyNode;
    if (isMap(value))
      return this.#member(
        value,
        this.#using(keyNode, () => textOf(key)),
        position,
      );
    if (!isList(value)) return this.fail(position, `${kindOf(value)} has no elements to pick by an index`);
    const index = this.#using(keyNode, () => integerOf(key));
    const element = value[index];
    if (element !== undefined) return element;
    return this.fail(position, `There is no element ${index} in a list of ${value.length}`);
  }

  /** What is no list is a list of one, and null is an empty one. */
  #splat(node: Extract<Node, { kind: "splat" }>, scope: Scope): Value {
    const value = this.evaluate(node.of, scope);
    const elements = elementsOf(value) ?? (value === null ? [] : [value]);
    this.#circumstances.budget.spend(elements.length);
    return elements.map((element) =>
      node.steps.reduce<Value>(
        (found, step) =>
          "name" in step ? this.#member(found, step.name, node.position) : this.#at(found, step.key, scope),
        element,
      ),
    );
  }

  #object(body: SyntaxBody, scope: Scope): ValueMap {
    const result = new Map<string, Value>();
    for (const item of body.items) {
      if (item.kind === "block") {
        this.fail(item.position, "a block cannot be part of a value", `Write it as ${item.key} = { … }`);
      }
      result.set(this.key(item, scope), this.evaluate(item.value, scope));
    }
    return result;
  }

  /** The key of an attribute in an object. */
  key({ key, computedKey }: { readonly key: string; readonly computedKey: Node | undefined }, scope: Scope): string {
    return computedKey === undefined ? key : this.text(computedKey, scope);
  }

  #operation(node: Extract<Node, { kind: "unary" | "binary" }>, scope: Scope): Value {
    const operands = node.kind === "unary" ? [node.of] : [node.left, node.right];
    const compares = node.operator === "==" || node.operator === "!=";
    const [left, right] = operands.map((operand) => () => {
      const value = this.evaluate(operand, scope);
      if (compares) this.#payFor([value]);
      return value;
    });
    return this.#using(operands[0]!, () => compute(node.operator, left!, right), operands);
  }

  #for(node: Extract<Node, { kind: "for" }>, scope: Scope): Value {
    const entries = this.entries(node.of, scope);
    const inner = entries.map(([key, value]) => scope.with(loopValues(node.names, key, value)));
    const { condition, resultKey } = node;
    const chosen = condition === undefined ? inner : inner.filter((round) => this.truth(condition, round));
    if (resultKey === undefined) return chosen.map((round) => this.evaluate(node.result, round));
    const result = new Map<string, Value>();
    const groups = new Map<string, Value[]>();
    for (const round of chosen) {
      const key = this.text(resultKey, round);
      const value = this.evaluate(node.result, round);
      if (node.groups) addTo(groups, key, value);
      else if (result.has(key)) {
        const hint = 'With "..." behind the value, values of one key become a list';
        this.fail(resultKey.position, `two values for the key "${key}"`, hint);
      } else result.set(key, value);
      this.#circumstances.budget.spendSize(key.length);
    }
    return node.groups ? groups : result;
  }

  #call(node: Extract<Node, { kind: "call" }>, scope: Scope): Value {
    const special = this.#specialCall(node, scope);
    if (special !== undefined) return special;
    const { functions } = this.#circumstances;
    const called = functions.get(node.name);
    if (called === undefined) {
      const meant = this.#suggestion(node.name, () => [...functions.keys(), "try", "can", "convert"]);
      return this.fail(node.position, `There is no function "${node.name}"`, meant);
    }
    const parameters = this.#parameters(node, scope);
    if (parameters.length < called.least || parameters.length > called.most) {
      return this.fail(node.position, `${node.name} takes ${countText(called)}, not ${parameters.length}`);
    }
    this.#payFor(parameters);
    const result = this.#using(node, () => called.run(parameters, this.#circumstances), node.parameters);
    this.#payFor([result]);
    return result;
  }

  /** Functions that are given what was written, and not its value. */
  #specialCall({ name, parameters, position }: Extract<Node, { kind: "call" }>, scope: Scope): Value | undefined {
    const [first, second] = parameters;
    if (name === "can" && first !== undefined && second === undefined) return this.#attempt(first, scope).ok;
    if (name === "convert" && first !== undefined && second !== undefined && parameters.length === 2) {
      const type = typeIn(second, this.source);
      return this.#using(first, () => this.converted(this.evaluate(first, scope), type));
    }
    if (name !== "try" || first === undefined) return undefined;
    const failures: string[] = [];
    for (const parameter of parameters) {
      const attempt = this.#attempt(parameter, scope);
      if (attempt.ok) return attempt.value;
      failures.push(attempt.why);
    }
    return this.fail(position, `none of the expressions has a value: ${failures.join("; ").slice(0, 500)}`);
  }

  #attempt(node: Node, scope: Scope) {
    this.#attempts += 1;
    try {
      return { ok: true, value: this.evaluate(node, scope) } as const;
    } catch (error) {
      if (!(error instanceof HCLError)) throw error;
      this.#circumstances.budget.spend(failedAttempt);
      return { ok: false, why: error.message } as const;
    } finally {
      this.#attempts -= 1;
    }
  }

  #parameters({ parameters, expandsLast }: Extract<Node, { kind: "call" }>, scope: Scope): readonly Value[] {
    const values = parameters.map((parameter) => this.evaluate(parameter, scope));
    if (!expandsLast) return values;
    const last = values.pop()!;
    const elements = elementsOf(last);
    if (elements === undefined) {
      return this.fail(parameters.at(-1)!.position, `a list is required before "...", not ${kindOf(last)}`);
    }
    this.#circumstances.budget.spend(elements.length);
    return [...values, ...elements];
  }

  /** What was meant by a name; not sought where nobody is told. */
  #suggestion(name: string, known: () => Iterable<string>): string | undefined {
    return this.#attempts > 0 ? undefined : suggestion(name, known());
  }

  /** Runs what may find a value unusable, and says where; of parameters, the one that is to blame. */
  #using<Result>(node: Node, use: () => Result, parameters: readonly Node[] = []): Result {
    try {
      return use();
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      const { position } = parameters[error.parameter ?? -1] ?? node;
      const lead = node.kind === "call" ? `${node.name}: ` : "";
      return this.fail(position, lead + error.message, error.hint);
    }
  }
}

/** `BudgetSpent` as an error of the text. */
export function overBudget(source: Source, position: Position, error: BudgetSpent): HCLError {
  return HCLError.placed(source, { message: error.message, position });
}

/** The names that a round of a loop defines. */
function loopValues(names: { readonly key: string | undefined; readonly value: string }, key: Value, value: Value) {
  const values = new Map([[names.value, value]]);
  if (names.key !== undefined) values.set(names.key, key);
  return values;
}

function addTo(groups: Map<string, Value[]>, key: string, value: Value): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}

/** The name that a path such as `a.b[0]` begins with; undefined for anything else. */
export function rootOf(node: Node): string | undefined {
  if (node.kind === "reference") return node.name;
  return node.kind === "member" || node.kind === "index" ? rootOf(node.of) : undefined;
}

/** The names at the beginning of a path. */
function pathOf(node: Node): string[] {
  if (node.kind === "reference") return [node.name];
  if (node.kind === "member") return [...pathOf(node.of), node.name];
  return node.kind === "index" ? pathOf(node.of) : [];
}

function suggestion(name: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const meant = nearest(name, names);
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  return names.length === 0 || names.length > 12 ? undefined : `Known here: ${names.join(", ")}`;
}

function countText({ least, most }: HCLFunction): string {
  if (most === Number.POSITIVE_INFINITY) return `${least} parameters or more`;
  if (least !== most) return `${least} to ${most} parameters`;
  return least === 1 ? "1 parameter" : `${least} parameters`;
}
