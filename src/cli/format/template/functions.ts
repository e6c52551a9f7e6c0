import { bool, goTypeName, int, string } from "../shape.ts";
import { printf } from "./printf.ts";
import { concrete, elementsOf, entriesOf, isTrue, nothing, shown, type Value } from "./value.ts";

/** Why a function could not be called; the evaluator adds where. */
export class FunctionError extends Error {
  override readonly name = "FunctionError";
}

type TemplateFunction = (args: readonly Value[]) => Value;

const truth = (value: boolean): Value => ({ shape: bool, value });

/** `and` and `or` are the evaluator's: they do not look at what they need not. */
const lazyNames = ["and", "or"];

const functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["not", ([value]) => truth(!isTrue(value!))],
  ["len", ([value]) => ({ shape: int, value: lengthOf(value!) })],
  ["index", ([value, ...keys]) => keys.reduce(indexed, value!)],
  ["print", (args) => ({ shape: string, value: printed(args) })],
  ["println", (args) => ({ shape: string, value: `${args.map(shown).join(" ")}\n` })],
  ["printf", ([format, ...args]) => ({ shape: string, value: printf(textOf(format!), args) })],
  ["eq", ([value, ...others]) => truth(others.some((other) => compared(value!, other, { ordered: false }) === 0))],
  ["ne", ([a, b]) => truth(compared(a!, b!, { ordered: false }) !== 0)],
  ["lt", ([a, b]) => truth(compared(a!, b!, { ordered: true }) < 0)],
  ["le", ([a, b]) => truth(compared(a!, b!, { ordered: true }) <= 0)],
  ["gt", ([a, b]) => truth(compared(a!, b!, { ordered: true }) > 0)],
  ["ge", ([a, b]) => truth(compared(a!, b!, { ordered: true }) >= 0)],
]);

/** How many arguments a function takes: at least, and at most. */
const arity: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["not", [1, 1]],
  ["len", [1, 1]],
  ["index", [1, Number.POSITIVE_INFINITY]],
  ["printf", [1, Number.POSITIVE_INFINITY]],
  ["eq", [1, Number.POSITIVE_INFINITY]],
  ["ne", [2, 2]],
  ["lt", [2, 2]],
  ["le", [2, 2]],
  ["gt", [2, 2]],
  ["ge", [2, 2]],
]);

export const functionNames: ReadonlySet<string> = new Set([...functions.keys(), ...lazyNames]);

/** Calls a built-in function. Throws `FunctionError`. */
export function callFunction(name: string, args: readonly Value[]): Value {
  const [least, most] = arity.get(name) ?? [0, Number.POSITIVE_INFINITY];
  if (args.length < least || args.length > most) {
    const wanted = least === most ? `${least}` : `at least ${least}`;
    throw new FunctionError(`wrong number of args for ${name}: want ${wanted} got ${args.length}`);
  }
  return functions.get(name)!(args);
}

function lengthOf(given: Value): number {
  const { shape, value } = concrete(given);
  if (shape.kind === "scalar" && shape.goType === "string") return Buffer.byteLength(value as string);
  if (shape.kind === "list") return elementsOf(value).length;
  if (shape.kind === "map") return entriesOf(value).length;
  throw new FunctionError(`error calling len: len of type ${goTypeName(shape)}`);
}

function indexed(given: Value, key: Value): Value {
  const { shape, value } = concrete(given);
  if (shape.kind === "list") {
    const at = concrete(key).value;
    if (typeof at !== "number")
      throw new FunctionError(`error calling index: cannot index slice/array with type ${goTypeName(key.shape)}`);
    const elements = elementsOf(value);
    if (at < 0 || at >= elements.length) throw new FunctionError(`error calling index: index out of range: ${at}`);
    return concrete({ shape: shape.of, value: elements[at] });
  }
  if (shape.kind === "map") {
    const entry = entriesOf(value).find(([name]) => name === textOf(key));
    return entry === undefined ? nothing : concrete({ shape: shape.of, value: entry[1] });
  }
  if (value === null) throw new FunctionError("error calling index: index of untyped nil");
  throw new FunctionError(`error calling index: can't index item of type ${goTypeName(shape)}`);
}

/** As Go's `Sprint`: a space between two that are no strings. */
function printed(args: readonly Value[]): string {
  const isText = (value: Value): boolean => typeof concrete(value).value === "string";
  return args
    .map((arg, at) => (at > 0 && !isText(arg) && !isText(args[at - 1]!) ? ` ${shown(arg)}` : shown(arg)))
    .join("");
}

function textOf(given: Value): string {
  const { shape, value } = concrete(given);
  if (typeof value === "string") return value;
  throw new FunctionError(`expected string; found ${goTypeName(shape)}`);
}

/** Below 0, 0 or above 0, as the first is less, equal or more. Only like can be compared with like. */
function compared(a: Value, b: Value, { ordered }: { readonly ordered: boolean }): number {
  const [left, right] = [concrete(a), concrete(b)];
  const [kindA, kindB] = [basicKind(left), basicKind(right)];
  if (kindA === undefined || kindB === undefined)
    throw new FunctionError(`error calling ${ordered ? "lt" : "eq"}: invalid type for comparison`);
  if (ordered && kindA === "bool") throw new FunctionError("error calling lt: invalid type for comparison");
  if (kindA !== kindB)
    throw new FunctionError(`error calling ${ordered ? "lt" : "eq"}: incompatible types for comparison`);
  if (left.value === right.value) return 0;
  if (typeof left.value === "string")
    return Buffer.compare(Buffer.from(left.value), Buffer.from(right.value as string));
  return (left.value as number) < (right.value as number) ? -1 : 1;
}

function basicKind({ shape }: Value): "string" | "bool" | "integer" | "float" | undefined {
  if (shape.kind !== "scalar") return undefined;
  if (shape.goType === "string" || shape.goType === "bool") return shape.goType;
  return shape.goType === "float64" ? "float" : "integer";
}
