export type { Attribute, Body, Item } from "./ast.ts";
export {
  blocksOf,
  checkKeys,
  type Fields,
  type NamedBlock,
  namedBlocksOf,
  onlyBlockOf,
  plainData,
  readFields,
  stringMapOf,
} from "./decode.ts";
export { type Diagnostic, type Finding, renderDiagnostic } from "./diagnostic.ts";
export { type DialectMarks, needsHCL2 } from "./dialect.ts";
export { Budget, BudgetSpent } from "./evaluation/budget.ts";
export { evaluateBody } from "./evaluation/evaluate-body.ts";
export { type Circumstances, Evaluator, overBudget } from "./evaluation/evaluator.ts";
export type { FileDoor, FunctionHost } from "./evaluation/function.ts";
export { AlreadyTold, type LazyMembers, Scope } from "./evaluation/scope.ts";
export { type TypeConstraint, typeIn, typeText } from "./evaluation/type-constraint.ts";
export { Unusable, type Value } from "./evaluation/value.ts";
export { formatHCL } from "./format/format.ts";
export { allFunctions } from "./functions/functions.ts";
export { fromPlainData } from "./functions/json.ts";
export { each, eachInSteps, HCLError, oneStep, together, togetherInSteps, within, withinInSteps } from "./hcl-error.ts";
export { parseJSON } from "./json-parser.ts";
export { knownKeys } from "./known-keys.ts";
export { mostProblems } from "./limits.ts";
export { parseHCL, sourceOf } from "./parse-hcl.ts";
export { parseExpressionText, parseText, parseTextInSteps } from "./parser.ts";
export { plainBody } from "./plain-body.ts";
export type { Position, Source } from "./source.ts";
export { textStart } from "./source.ts";
export type { Node, SyntaxAttribute, SyntaxBlock, SyntaxBody } from "./syntax.ts";
export {
  asBoolean,
  asDuration,
  asInteger,
  asString,
  asStrings,
  parseBoolFailure,
  type ReadField,
  UnfitValue,
} from "./weak-values.ts";
