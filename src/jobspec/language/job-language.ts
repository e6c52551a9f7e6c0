import type { Steps } from "../../base/index.ts";
import {
  allFunctions,
  type Body,
  Budget,
  BudgetSpent,
  Evaluator,
  evaluateBody,
  type FunctionHost,
  HCLError,
  mostProblems,
  needsHCL2,
  overBudget,
  parseTextInSteps,
  plainBody,
  Scope,
  type Source,
  type SyntaxBody,
  textStart,
} from "../../hcl/index.ts";
import type { InputValues } from "./input-values.ts";
import { declaredLocals } from "./locals.ts";
import { resolveVariables } from "./resolve-variables.ts";
import { declaredVariables } from "./variables.ts";

/** How a job file is read, besides its text. */
export interface LanguageOptions {
  /** Values for its variables. */
  readonly inputs?: InputValues | undefined;
  readonly host: FunctionHost;
  /** HCL 1 whatever the file looks like. */
  readonly onlyHCL1?: boolean | undefined;
  /** How many steps evaluating may take. */
  readonly steps?: number | undefined;
  /** Longer files are refused, of values for variables too. */
  readonly longest?: number | undefined;
}

const runTimeRoots = ["attr", "node", "meta", "env", "device"];
const declarations = ["variable", "variables", "locals"];
const marks = {
  topBlocks: declarations,
  roots: ["var", "local"],
  functions: new Set([...allFunctions.keys(), "try", "can", "convert"]),
};

/** What is known only at run time; also in a job file, and outside of strings, it stands for itself. */
function isKnownAtRunTime(name: string): boolean {
  return runTimeRoots.includes(name) || name.startsWith("NOMAD_");
}

/** A job file in text form with all expressions evaluated. A file that has none of HCL 2 is HCL 1. Throws `HCLError`. */
export function* evaluateJobFile(
  source: Source,
  { inputs, host, onlyHCL1, steps, longest }: LanguageOptions,
): Steps<Body> {
  const file = yield* parseTextInSteps(source);
  const isHCL1 = onlyHCL1 === true || (!needsHCL2(file, marks) && !hasInputs(inputs));
  if (isHCL1) return plainBody(file);
  const budget = new Budget(steps);
  try {
    return yield* evaluated(file, { inputs, host, budget, longest });
  } catch (error) {
    if (error instanceof BudgetSpent) throw overBudget(source, textStart, error);
    throw error;
  }
}

function* evaluated(
  file: SyntaxBody,
  { inputs, host, budget, longest }: Pick<LanguageOptions, "inputs" | "host" | "longest"> & { readonly budget: Budget },
): Steps<Body> {
  const { source } = file;
  const circumstances = { functions: allFunctions, host, budget, isKnownAtRunTime };
  const evaluator = new Evaluator(source, circumstances);
  const failures: HCLError[] = [];
  const keep = (error: HCLError): void => {
    failures.push(error);
    if (failures.length >= mostProblems) throw HCLError.joined(failures);
  };
  const variables = resolveVariables(declaredVariables(file, evaluator, keep), {
    inputs,
    circumstances,
    evaluator,
    keep,
    longest,
  });
  const lazy = new Map([["var", variables]]);
  lazy.set("local", yield* declaredLocals(file, evaluator, new Scope(new Map(), { lazy }), keep));
  const rest = { ...file, items: file.items.filter(({ key }) => !declarations.includes(key)) };
  const body = yield* attempt(keep, evaluateBody(rest, evaluator, new Scope(new Map(), { lazy })));
  if (failures.length > 0) throw HCLError.joined(failures);
  return body!;
}

function* attempt<Result>(keep: (error: HCLError) => void, steps: Steps<Result>): Steps<Result | undefined> {
  try {
    return yield* steps;
  } catch (error) {
    if (!(error instanceof HCLError)) throw error;
    keep(error);
    return undefined;
  }
}

/** Values that were given for this file, and not left in the environment for whoever may want them. */
function hasInputs(inputs: InputValues | undefined): boolean {
  return inputs?.strict === true && inputs.files.length + inputs.assignments.length > 0;
}
