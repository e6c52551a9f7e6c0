import { allAtOnce } from "../../base/index.ts";
import { plainData } from "../decode.ts";
import { Budget } from "../evaluation/budget.ts";
import { evaluateBody } from "../evaluation/evaluate-body.ts";
import { Evaluator } from "../evaluation/evaluator.ts";
import type { FunctionHost } from "../evaluation/function.ts";
import { Scope } from "../evaluation/scope.ts";
import type { Value } from "../evaluation/value.ts";
import { allFunctions } from "../functions/functions.ts";
import { parseText } from "../parser.ts";

/** What a test evaluates with, where it matters. */
export interface Given {
  readonly values?: Readonly<Record<string, Value>>;
  readonly host?: Partial<FunctionHost>;
  readonly steps?: number;
}

/** A text of HCL 2 as plain data. `attr` is known at run time only. */
export function evaluated(text: string, { values = {}, host, steps }: Given = {}): unknown {
  const source = { file: "test.hcl", text, syntax: "hcl" } as const;
  const evaluator = new Evaluator(source, {
    functions: allFunctions,
    host: { randomBytes: (count) => new Uint8Array(count).fill(7), ...host },
    budget: new Budget(steps),
    isKnownAtRunTime: (name) => name === "attr",
  });
  return plainData(allAtOnce(evaluateBody(parseText(source), evaluator, new Scope(new Map(Object.entries(values))))));
}

/** The value of one expression. */
export function valueOfExpression(expression: string, given: Given = {}): unknown {
  const { x } = evaluated(`x = ${expression}\n`, given) as { x?: unknown };
  return x;
}
