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
export { HCLError, within } from "./hcl-error.ts";
export { parseHCL } from "./parse-hcl.ts";
export type { Source } from "./source.ts";
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
