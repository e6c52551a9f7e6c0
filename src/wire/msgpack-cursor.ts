import { knownText, longestKnownText } from "./known-texts.ts";
import { type Head, heads, InvalidMsgpack, type } from "./msgpack-format.ts";

/** Goes through a message from head to head, and reads what holds nothing else. Throws `InvalidMsgpack`. */
export class MsgpackCursor {
  readonly bytes: Buffer;
  /** Where the next byte is read. */
  at = 0;
  #view: DataView | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The same bytes, to be read several at once. */
  get view(): DataView {
    this.#view ??= viewOf(this.bytes);
    return this.#view;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    return this.bytes[this.skip(1)] as number;
  }

  /** What begins with `byte`, which has just been read. */
  headOf(byte: number): Head {
    const head = heads[byte];
    if (head === undefined) throw new InvalidMsgpack(`Cannot read msgpack: type 0x${byte.toString(16)}`);
    return head;
  }

  /** The count that a head says, or that follows it. */
  count({ count, countBytes }: { readonly count: number | undefined; readonly countBytes: 0 | 1 | 2 | 4 }): number {
    if (countBytes === 0) return count ?? 0;
    return this.bytes.readUIntBE(this.skip(countBytes), countBytes);
  }

  /** The scalar that begins with `byte`, which has just been read. */
  scalar(byte: number): number | boolean | null {
    if (byte <= 0x7f) return byte;
    if (byte >= 0xe0) return byte - 0x100;
    switch (byte) {
      case type.nil:
        return null;
      case type.no:
        return false;
      case type.yes:
        return true;
      default:
        return this.#number(byte);
    }
  }

  /** The next `length` bytes as text. */
  text(length: number): string {
    const start = this.skip(length);
    const end = start + length;
    if (length <= longestKnownText) {
      const known = knownText(this.bytes, start, length);
      if (known !== undefined) return known;
    }
    for (let at = start; at < end; at++) if ((this.bytes[at] as number) > 0x7f) return this.#utf8(start, end);
    return this.bytes.toString("latin1", start, end);
  }

  /** Goes past `length` bytes and says where they began. */
  skip(length: number): number {
    if (length > this.left) throw new InvalidMsgpack("Cannot read msgpack: message is cut off");
    const start = this.at;
    this.at += length;
    return start;
  }

  #number(byte: number): number {
    const { bytes } = this;
    switch (byte) {
      case type.uint8:
        return bytes[this.skip(1)] as number;
      case type.uint16:
        return bytes.readUInt16BE(this.skip(2));
      case type.uint32:
        return bytes.readUInt32BE(this.skip(4));
      case type.uint64:
        return Number(bytes.readBigUInt64BE(this.skip(8)));
      case type.int8:
        return bytes.readInt8(this.skip(1));
      case type.int16:
        return bytes.readInt16BE(this.skip(2));
      case type.int32:
        return bytes.readInt32BE(this.skip(4));
      case type.int64:
        return Number(bytes.readBigInt64BE(this.skip(8)));
      case type.float32:
        return finite(bytes.readFloatBE(this.skip(4)));
      default:
        return finite(bytes.readDoubleBE(this.skip(8)));
    }
  }

  #utf8(start: number, end: number): string {
    try {
      return strictUTF8.decode(this.bytes.subarray(start, end));
    } catch (cause) {
      throw new InvalidMsgpack("Cannot read msgpack: a string is not UTF-8", { cause });
    }
  }
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

const strictUTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new InvalidMsgpack("Cannot read msgpack: a number is not finite");
  return value;
}
