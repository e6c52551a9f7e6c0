import { MsgpackCursor } from "./msgpack-cursor.ts";
import { type MsgpackOptions, MsgpackReader, noBinary } from "./msgpack-decoder.ts";
import { heads, InvalidMsgpack, type } from "./msgpack-format.ts";

/**
 * A value that is read from msgpack by a schema need not become dictionaries first. As a quick reader does for values,
 * an unpacker only knows bytes that are right, and as most peers write them: fields in alphabetical order, none of them
 * unknown. It throws `misfit` or `InvalidMsgpack` for all others, which are then decoded and read by the schema as ever.
 * Both must come to the same value: `packed-structs.test.ts` holds them together.
 */
export type Unpacker = (packed: Packed) => unknown;

/** Why bytes are not unpacked. One for all: to make an error for each costs much. */
export const misfit: InvalidMsgpack = new InvalidMsgpack("Cannot unpack msgpack: it is to be decoded");

/** A message on its way through unpackers. */
export class Packed {
  readonly cursor: MsgpackCursor;
  /** Fields whose raw values are bytes, and so not to be unpacked. */
  readonly binary: ReadonlySet<string>;
  /** How many lists and maps are open. */
  #depth = 0;

  constructor(bytes: Uint8Array, { binary = noBinary }: MsgpackOptions) {
    this.cursor = new MsgpackCursor(bytes);
    this.binary = binary;
  }

  /** True if the value is nil, which is then read. */
  isNil(): boolean {
    const { cursor } = this;
    if (cursor.bytes[cursor.at] !== type.nil) return false;
    cursor.at++;
    return true;
  }

  /** Opens a list or a map, and says of how many values or pairs. To be closed. */
  open(kind: "array" | "map"): number {
    const head = heads[this.cursor.byte()];
    if (head?.kind !== kind) throw misfit;
    this.#depth++;
    return this.cursor.count(head);
  }

  close(): void {
    this.#depth--;
  }

  /** A key whose value is not binary. */
  key(): string {
    const head = heads[this.cursor.byte()];
    if (head?.kind !== "raw") throw misfit;
    const key = this.cursor.text(this.cursor.count(head));
    if (this.binary.has(key)) throw misfit;
    return key;
  }

  /** Any value, as it would be decoded. */
  value(): unknown {
    const { cursor } = this;
    const start = cursor.at;
    const byte = cursor.byte();
    const head = cursor.headOf(byte);
    if (head.kind === "scalar") return cursor.scalar(byte);
    if (head.kind === "raw") return cursor.text(cursor.count(head));
    const reader = new MsgpackReader(cursor.bytes.subarray(start), this, this.#depth);
    reader.advance(Number.POSITIVE_INFINITY);
    cursor.at = start + reader.end;
    return reader.value;
  }
}
