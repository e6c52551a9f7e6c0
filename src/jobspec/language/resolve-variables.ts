import { nearest } from "../../base/index.ts";
import {
  AlreadyTold,
  type Circumstances,
  Evaluator,
  HCLError,
  type LazyMembers,
  type Node,
  parseExpressionText,
  Scope,
  type Source,
  typeText,
  Unusable,
  type Value,
} from "../../hcl/index.ts";
import { type Input, type InputValues, inputsIn } from "./input-values.ts";
import type { Variable } from "./variables.ts";

interface Surroundings {
  readonly inputs: InputValues | undefined;
  readonly circumstances: Circumstances;
  readonly evaluator: Evaluator;
  /** Told of all that is wrong; throws when it has been told enough. */
  readonly keep: (error: HCLError) => void;
  /** Longer files of values are refused. */
  readonly longest: number | undefined;
}

/** More names than these say nothing to who reads them. */
const mostNames = 12;

/** The values of all variables, from outside or else their defaults, as `var` sees them. */
export function resolveVariables(declared: ReadonlyMap<string, Variable>, surroundings: Surroundings): LazyMembers {
  const { inputs, evaluator, keep } = surroundings;
  const values = new Map<string, Value>();
  const given = new Map<string, Input>();
  for (const input of inputs === undefined ? [] : inputsIn(inputs, surroundings)) {
    if (declared.has(input.name)) given.set(input.name, input);
    else if (input.isMeant && inputs?.strict === true) keep(undeclared(input, declared));
  }
  for (const variable of declared.values()) {
    try {
      const value = valueFor(variable, given.get(variable.name), surroundings);
      values.set(variable.name, value);
      checkRules(variable, value, evaluator);
    } catch (error) {
      if (!(error instanceof HCLError)) throw error;
      keep(error);
    }
  }
  const get = (name: string): Value | undefined => {
    const value = values.get(name);
    if (value === undefined && declared.has(name)) throw new AlreadyTold();
    return value;
  };
  return { get, names: () => [...declared.keys()] };
}

function valueFor(variable: Variable, input: Input | undefined, { circumstances, evaluator }: Surroundings): Value {
  const { name, type = { kind: "any" }, initial, position } = variable;
  if (input === undefined && initial === undefined) {
    const hint = `Give it with -var ${name}=…, with -var-file or NOMAD_VAR_${name}, or give it a default`;
    return evaluator.fail(position, `there is no value for the variable "${name}"`, hint);
  }
  const [value, place] =
    input === undefined
      ? [evaluator.evaluate(initial!, new Scope(new Map())), { source: evaluator.source, position: initial!.position }]
      : [inputValue(input, variable, circumstances), input];
  try {
    return evaluator.converted(value, type);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    const message = `the variable "${name}" is of type ${typeText(type)}: ${error.message}`;
    throw HCLError.placed(place.source, { message, position: place.position });
  }
}

/** A text is taken as it is where one value is wanted, and read as an expression where a list or an object is. */
function inputValue({ given, source }: Input, { type }: Variable, circumstances: Circumstances): Value {
  if (given.kind === "value") return given.value;
  const isOne = type === undefined || ["string", "number", "bool", "any"].includes(type.kind);
  if (isOne) return given.text;
  const text: Source = { file: source.file, text: given.text, syntax: "hcl" };
  return new Evaluator(text, circumstances).evaluate(parseExpressionText(text), new Scope(new Map()));
}

function checkRules({ name, rules }: Variable, value: Value, evaluator: Evaluator): void {
  const scope = new Scope(new Map([["var", new Map([[name, value]])]]));
  for (const { condition, message } of rules) {
    if (evaluator.truth(condition, scope)) continue;
    evaluator.fail(condition.position, `the variable "${name}" is refused: ${messageOf(message, evaluator, scope)}`);
  }
}

function messageOf(message: Node | undefined, evaluator: Evaluator, scope: Scope): string {
  return message === undefined ? "it does not meet its condition" : evaluator.text(message, scope);
}

function undeclared({ name, source, position }: Input, declared: ReadonlyMap<string, Variable>): HCLError {
  const meant = nearest(name, declared.keys());
  const names = [...declared.keys()];
  const hint =
    meant !== undefined
      ? `Did you mean "${meant}"?`
      : names.length === 0
        ? "The job file declares no variables"
        : `The job file declares: ${names.slice(0, mostNames).join(", ")}${names.length > mostNames ? ", …" : ""}`;
  return HCLError.bare(source, { message: `the job file declares no variable "${name}"`, position, hint });
}
