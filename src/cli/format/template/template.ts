import { goTypeName, isObject } from "../shape.ts";
import { callFunction, FunctionError } from "./functions.ts";
import type { Place } from "./lexer.ts";
import type { Command, Control, Node, Operand, Pipeline } from "./nodes.ts";
import { parseTemplate } from "./parser.ts";
import { TemplateError } from "./template-error.ts";
import { concrete, elementsOf, entriesOf, isTrue, nothing, shown, type Value } from "./value.ts";

export { TemplateError };

/**
 * Carries out a Go text/template on a value: fields, variables, pipelines, `range`, `if`, `with` and the built-in
 * functions. Throws `TemplateError` with Go's words for what is wrong and where.
 */
export function renderTemplate(template: string, data: Value): string {
  const nodes = parseTemplate(template);
  const scope: Scope = { dot: data, variables: new Map([["$", { value: data }]]) };
  return rendered(nodes, scope);
}

interface Scope {
  readonly dot: Value;
  /** A variable is a box, so that `=` inside a block is seen outside it. */
  readonly variables: ReadonlyMap<string, { value: Value }>;
}

function rendered(nodes: readonly Node[], given: Scope): string {
  let scope = given;
  let out = "";
  for (const node of nodes) {
    switch (node.kind) {
      case "text":
        out += node.text;
        break;
      case "show": {
        const value = evaluated(node.pipeline, scope);
        if (node.pipeline.declares.length === 0) out += shown(value);
        else scope = assigned(node.pipeline, [value], scope);
        break;
      }
      case "if":
      case "with": {
        const value = evaluated(node.pipeline, scope);
        const inner = assigned(node.pipeline, [value], scope);
        const dot = node.kind === "with" && isTrue(value) ? value : scope.dot;
        out += rendered(isTrue(value) ? node.body : node.otherwise, { ...inner, dot });
        break;
      }
      case "range":
        out += repeated(node, scope);
        break;
    }
  }
  return out;
}

function repeated(node: Control, scope: Scope): string {
  const over = concrete(evaluated(node.pipeline, scope));
  const turns = turnsOf(over, node.pipeline);
  if (turns.length === 0) return rendered(node.otherwise, scope);
  return turns
    .map(([key, element]) => {
      const values = node.pipeline.declares.length === 1 ? [element] : [key, element];
      return rendered(node.body, { ...assigned(node.pipeline, values, scope), dot: element });
    })
    .join("");
}

function turnsOf({ shape, value }: Value, pipeline: Pipeline): readonly (readonly [Value, Value])[] {
  if (shape.kind === "list") {
    return elementsOf(value).map((element, at) => [
      { shape: { kind: "scalar", goType: "int" }, value: at },
      concrete({ shape: shape.of, value: element }),
    ]);
  }
  if (shape.kind === "map") {
    return entriesOf(value).map(([key, element]) => [
      { shape: { kind: "scalar", goType: "string" }, value: key },
      concrete({ shape: shape.of, value: element }),
    ]);
  }
  if (shape.kind === "any") return [];
  throw failure(pipeline.place, pipeline.source, `range can't iterate over ${shown({ shape, value })}`);
}

/** The scope with the pipeline's variables set. */
function assigned(pipeline: Pipeline, values: readonly Value[], scope: Scope): Scope {
  if (pipeline.declares.length === 0) return scope;
  if (!pipeline.isNew) {
    scope.variables.get(pipeline.declares[0]!)!.value = values[0]!;
    return scope;
  }
  const variables = new Map(scope.variables);
  for (const [at, name] of pipeline.declares.entries()) variables.set(name, { value: values[at]! });
  return { ...scope, variables };
}

function evaluated(pipeline: Pipeline, scope: Scope): Value {
  let last: Value | undefined;
  for (const command of pipeline.commands) last = commandValue(command, scope, last);
  return last!;
}

function commandValue(command: Command, scope: Scope, piped: Value | undefined): Value {
  const [first, ...rest] = command.operands as [Operand, ...Operand[]];
  if (first.kind !== "function") {
    if (rest.length > 0 || piped !== undefined) {
      throw failure(first.place, first.source, `can't give argument to non-function ${first.source}`);
    }
    return operandValue(first, scope);
  }
  if (first.name === "and" || first.name === "or") return chosen(first.name, rest, scope, piped);
  const args = rest.map((operand) => operandValue(operand, scope));
  return called(first, piped === undefined ? args : [...args, piped], command);
}

function called(operand: Operand & { kind: "function" }, args: readonly Value[], command: Command): Value {
  try {
    return callFunction(operand.name, args);
  } catch (error) {
    if (error instanceof FunctionError) throw failure(operand.place, command.source, error.message);
    throw error;
  }
}

/** `and` gives its first false argument, `or` its first true one, else the last. */
function chosen(name: "and" | "or", operands: readonly Operand[], scope: Scope, piped: Value | undefined): Value {
  let last = nothing;
  for (const operand of operands) {
    last = operandValue(operand, scope);
    if (isTrue(last) === (name === "or")) return last;
  }
  return piped ?? last;
}

function operandValue(operand: Operand, scope: Scope): Value {
  return operand.fields.reduce((value, field) => fieldValue(value, field, operand), baseValue(operand, scope));
}

function baseValue(operand: Operand, scope: Scope): Value {
  switch (operand.kind) {
    case "dot":
      return scope.dot;
    case "variable":
      return scope.variables.get(operand.name)!.value;
    case "literal":
      return { shape: { kind: "scalar", goType: operand.goType }, value: operand.value };
    case "nil":
      return nothing;
    case "group":
      return evaluated(operand.pipeline, scope);
    case "function":
      return commandValue(
        { operands: [{ ...operand, fields: [] }], place: operand.place, source: operand.source },
        scope,
        undefined,
      );
  }
}

function fieldValue(given: Value, field: string, operand: Operand): Value {
  const { shape, value } = concrete(given);
  if (shape.kind === "map") {
    const found = entriesOf(value).find(([key]) => key === field);
    return found === undefined ? nothing : concrete({ shape: shape.of, value: found[1] });
  }
  const struct = shape.kind === "pointer" ? shape.to : shape;
  const type = goTypeName(shape);
  if (struct.kind === "struct" && Object.hasOwn(struct.fields, field)) {
    if (!isObject(value)) throw failure(operand.place, operand.source, `nil pointer evaluating ${type}.${field}`);
    return concrete({ shape: struct.fields[field]!, value: value[field] });
  }
  if (value === null) throw failure(operand.place, operand.source, `nil pointer evaluating ${type}.${field}`);
  throw failure(operand.place, operand.source, `can't evaluate field ${field} in type ${type}`);
}

function failure(place: Place, source: string, reason: string): TemplateError {
  const where = `format:${place.line}:${place.column}`;
  return new TemplateError(`template: ${where}: executing "format" at <${source}>: ${reason}`);
}
