import { encodeMsgpack } from "../../wire/index.ts";

/** A filter of queries: only these members. */
export function encodeNameFilter(names: readonly string[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(0), encodeMsgpack(names)]);
}
