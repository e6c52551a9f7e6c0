/**
 * Msgpack as Go's codec of 2016 wrote it, which is the dialect of Nomad's RPC and of Serf's gossip: strings and bytes
 * are both "raw" (the types that msgpack had before it told them apart), and there are no extensions.
 * Readers also take the newer types for strings and bytes.
 */

/** Values nested deeper than this are neither read nor written. */
export const deepestMsgpack = 64;
/** The longest message that is read or written, in bytes. */
export const longestMsgpack = 64 * 1024 * 1024;

/** The first byte of a value, for those of more than one byte; see the msgpack specification. */
export const type = {
  nil: 0xc0,
  no: 0xc2,
  yes: 0xc3,
  bin8: 0xc4,
  bin16: 0xc5,
  bin32: 0xc6,
  float32: 0xca,
  float64: 0xcb,
  uint8: 0xcc,
  uint16: 0xcd,
  uint32: 0xce,
  uint64: 0xcf,
  int8: 0xd0,
  int16: 0xd1,
  int32: 0xd2,
  int64: 0xd3,
  str8: 0xd9,
  raw16: 0xda,
  raw32: 0xdb,
  array16: 0xdc,
  array32: 0xdd,
  map16: 0xde,
  map32: 0xdf,
} as const;

/** Bytes are no message in this dialect, or one beyond its limits. The sender is broken or hostile. */
export class InvalidMsgpack extends Error {
  override readonly name = "InvalidMsgpack";
}

/** A value cannot be said in msgpack: a number beyond 64 bits, not a finite one, nested too deep, or too long. */
export class UnwritableMsgpack extends Error {
  override readonly name = "UnwritableMsgpack";
}

/** How the value that begins with a byte goes on. Counts are of pairs for maps, else of elements or bytes. */
export type Head =
  | { readonly kind: "raw" | "array" | "map"; readonly count: number; readonly countBytes: 0 }
  | { readonly kind: "raw" | "array" | "map"; readonly count: undefined; readonly countBytes: 1 | 2 | 4 }
  | { readonly kind: "scalar"; readonly bytes: number };

/** What each first byte says; undefined for those that are refused: extensions, and the one never used. */
export const heads: readonly (Head | undefined)[] = Array.from({ length: 256 }, (_, byte) => headOf(byte));

function headOf(byte: number): Head | undefined {
  if (byte <= 0x7f || byte >= 0xe0) return { kind: "scalar", bytes: 0 };
  if (byte <= 0x8f) return { kind: "map", count: byte & 0x0f, countBytes: 0 };
  if (byte <= 0x9f) return { kind: "array", count: byte & 0x0f, countBytes: 0 };
  if (byte <= 0xbf) return { kind: "raw", count: byte & 0x1f, countBytes: 0 };
  switch (byte) {
    case type.nil:
    case type.no:
    case type.yes:
      return { kind: "scalar", bytes: 0 };
    case type.uint8:
    case type.int8:
      return { kind: "scalar", bytes: 1 };
    case type.uint16:
    case type.int16:
      return { kind: "scalar", bytes: 2 };
    case type.float32:
    case type.uint32:
    case type.int32:
      return { kind: "scalar", bytes: 4 };
    case type.float64:
    case type.uint64:
    case type.int64:
      return { kind: "scalar", bytes: 8 };
    case type.bin8:
    case type.str8:
      return { kind: "raw", count: undefined, countBytes: 1 };
    case type.bin16:
    case type.raw16:
      return { kind: "raw", count: undefined, countBytes: 2 };
    case type.bin32:
    case type.raw32:
      return { kind: "raw", count: undefined, countBytes: 4 };
    case type.array16:
      return { kind: "array", count: undefined, countBytes: 2 };
    case type.array32:
      return { kind: "array", count: undefined, countBytes: 4 };
    case type.map16:
      return { kind: "map", count: undefined, countBytes: 2 };
    case type.map32:
      return { kind: "map", count: undefined, countBytes: 4 };
    default:
      return undefined;
  }
}
