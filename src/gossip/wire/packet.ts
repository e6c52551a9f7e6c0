import { crc32 } from "node:zlib";
import type { Random } from "../../base/index.ts";
import type { Keyring } from "../keyring.ts";
import { encodeMessage, fieldsOf } from "./fields.ts";
import { lzwCompress, lzwDecompress } from "./lzw.ts";
import { decodeSwimMessage, MESSAGE, type SwimMessage } from "./swim-messages.ts";
import { Unreadable } from "./unreadable.ts";

/*
 * A datagram, from the outside in: encryption, checksum, compression, several messages in one; each layer may be
 * missing.
 */

/** Messages in one packet: readers of memberlist miscount from 128 on. */
export const MAX_PACKET_MESSAGES = 127;
/** A compound's header, and what it adds to each message. */
export const COMPOUND_HEADER_BYTES = 2;
export const COMPOUND_MESSAGE_BYTES = 2;
export const CRC_BYTES = 5;

const LZW = 0;
/** No honest packet is greater than a datagram. */
const MAX_INFLATED_PACKET_BYTES = 1 << 17;
/** How many times its size a message may grow; the state of an idle Serf, mostly nil, grows some fifteen times. */
const MAX_INFLATION = 256;

export interface PacketOptions {
  /** Whether the receiver is known to understand a checksum. */
  readonly crc: boolean;
  readonly keyring: Keyring | undefined;
  readonly random: Random;
}

/** Packs encoded messages, at most `MAX_PACKET_MESSAGES`, into one datagram. */
export function sealPacket(messages: readonly Uint8Array[], { crc, keyring, random }: PacketOptions): Uint8Array {
  const joined = messages.length === 1 ? (messages[0] as Uint8Array) : compound(messages);
  const compressed = compress(joined);
  const smallest = compressed.length < joined.length ? compressed : joined;
  const checked = crc ? withChecksum(smallest) : smallest;
  return keyring === undefined ? checked : keyring.encrypt(checked, random);
}

export interface OpenedPacket {
  readonly messages: readonly SwimMessage[];
  /** Why some of the packet was not understood; the rest is good. */
  readonly problem?: string;
}

/** Unpacks a datagram from anywhere. Never throws: what cannot be read is told as a problem. */
export function openPacket(packet: Uint8Array, keyring: Keyring | undefined): OpenedPacket {
  const messages: SwimMessage[] = [];
  let problem: string | undefined;
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      problem ??= error.message;
    }
  };
  attempt(() => {
    const checked = keyring === undefined ? packet : keyring.decrypt(packet);
    const joined = decompressed(checksummed(checked), MAX_INFLATED_PACKET_BYTES);
    for (const part of joined[0] === MESSAGE.compound ? parts(joined) : [joined]) {
      if (part === undefined) problem ??= "compound is cut off";
      else attempt(() => messages.push(decodeSwimMessage(part)));
    }
  });
  return { messages, problem };
}

/** A message inside a compression, whether or not that made it smaller. */
export function compress(message: Uint8Array): Uint8Array {
  return encodeMessage(MESSAGE.compress, { Algo: LZW, Buf: lzwCompress(message) });
}

/** The message inside, if it is compressed; else the message itself. Throws `Unreadable`. */
export function decompressed(message: Uint8Array, maxBytes: number): Uint8Array {
  if (message[0] !== MESSAGE.compress) return message;
  const fields = fieldsOf(message.subarray(1));
  if (fields.integer("Algo", 255) !== LZW) throw new Unreadable("compressed in an unknown way");
  const packed = fields.bytes("Buf", message.length);
  const inner = lzwDecompress(packed, Math.min(maxBytes, 1024 + packed.length * MAX_INFLATION));
  if (inner[0] === MESSAGE.compress) throw new Unreadable("compressed twice");
  return inner;
}

function compound(messages: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(COMPOUND_HEADER_BYTES + COMPOUND_MESSAGE_BYTES * messages.length);
  header[0] = MESSAGE.compound;
  header[1] = messages.length;
  messages.forEach((message, at) => {
    header.writeUInt16BE(message.length, COMPOUND_HEADER_BYTES + COMPOUND_MESSAGE_BYTES * at);
  });
  return Buffer.concat([header, ...messages]);
}

/** The messages of a compound; the last is undefined if some are missing. */
function parts(joined: Uint8Array): readonly (Uint8Array | undefined)[] {
  const bytes = Buffer.from(joined.buffer, joined.byteOffset, joined.byteLength);
  const count = bytes[1] ?? 0;
  let at = COMPOUND_HEADER_BYTES + COMPOUND_MESSAGE_BYTES * count;
  if (at > bytes.length) return [undefined];
  const found: Uint8Array[] = [];
  for (let part = 0; part < count; part++) {
    const length = bytes.readUInt16BE(COMPOUND_HEADER_BYTES + COMPOUND_MESSAGE_BYTES * part);
    if (at + length > bytes.length) return [...found, undefined];
    found.push(bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}

function withChecksum(message: Uint8Array): Uint8Array {
  const header = Buffer.alloc(CRC_BYTES);
  header[0] = MESSAGE.crc;
  header.writeUInt32BE(crc32(message), 1);
  return Buffer.concat([header, message]);
}

function checksummed(packet: Uint8Array): Uint8Array {
  if (packet[0] !== MESSAGE.crc) return packet;
  if (packet.length <= CRC_BYTES) throw new Unreadable("checksum is cut off");
  const claimed = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength).readUInt32BE(1);
  const message = packet.subarray(CRC_BYTES);
  if (crc32(message) !== claimed) throw new Unreadable("checksum does not fit");
  return message;
}
