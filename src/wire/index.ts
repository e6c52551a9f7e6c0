export { goJSON, goJSONPieces, UnwritableJSON } from "./go-json.ts";
export { deepestJSON, InvalidJSON, JSONReader, readJSON } from "./go-json-reader.ts";
export { formatGoTime, parseGoTime, zeroTime } from "./go-time.ts";
export {
  anything,
  block,
  describeIssues,
  flag,
  listOf,
  mapOf,
  nanosecondCount,
  optional,
  real,
  struct,
  text,
  timestamp,
  whole,
} from "./schema.ts";
