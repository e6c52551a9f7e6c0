export { decodeGoTime, encodeGoTime } from "./go-binary-time.ts";
export { goJSON, goJSONPieces } from "./go-json.ts";
export { InvalidJSON, JSONReader } from "./go-json-reader.ts";
export { parseGoTime, zeroTime } from "./go-time.ts";
export { type Direction, type JSONSchema, SchemaWriter, type WrittenSchema } from "./json-schema.ts";
export { MsgpackCursor } from "./msgpack-cursor.ts";
export { decodeFirstMsgpack, decodeMsgpack, type MsgpackOptions, MsgpackReader } from "./msgpack-decoder.ts";
export { encodeMsgpack, encodeMsgpackInRow, PackedMap } from "./msgpack-encoder.ts";
export { endOfMsgpack } from "./msgpack-end.ts";
export { InvalidMsgpack, longestMsgpack, UnwritableMsgpack } from "./msgpack-format.ts";
export { MsgpackScanner } from "./msgpack-scanner.ts";
export { PackedPairs } from "./packed-pairs.ts";
export { type PairReader, pairReader } from "./packed-structs.ts";
export { safeRead } from "./quick-reading.ts";
export {
  anything,
  block,
  describeIssues,
  flag,
  listOf,
  mapOf,
  nanosecondCount,
  optional,
  partOf,
  real,
  struct,
  text,
  timestamp,
  whole,
  wholeOr,
} from "./schema.ts";
export { readArchive, type SnapshotMeta, UnreadableArchive, writeArchive } from "./snapshot-archive.ts";
export { readInSteps } from "./stepwise-reading.ts";
