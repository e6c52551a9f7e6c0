import { type Random, unreachable } from "../../base/index.ts";
import { ENCRYPTION_BYTES, type Keyring } from "../keyring.ts";
import { encodeFields, encodeMessage, fieldsOf } from "./fields.ts";
import { compress, decompressed } from "./packet.ts";
import { encodePushPull, type PushPullState, readPushPull } from "./push-pull.ts";
import { StreamReader } from "./stream-reader.ts";
import { decodeSwimMessage, encodeSwimMessage, MESSAGE } from "./swim-messages.ts";
import { Unreadable } from "./unreadable.ts";

/** What members tell each other over a connection, one exchange on each. */
export type StreamMessage =
  | { readonly kind: "pushPull"; readonly state: PushPullState }
  | { readonly kind: "ping"; readonly sequence: number; readonly node: string }
  | { readonly kind: "ack"; readonly sequence: number }
  | { readonly kind: "user"; readonly payload: Uint8Array }
  | { readonly kind: "error"; readonly text: string };

/** The most that one message may hold, packed and unpacked. */
export const MAX_STREAM_BYTES = 10 << 20;
const MAX_SMALL_BYTES = 4_096;
const MAX_USER_BYTES = 1 << 16;
const ENCRYPT_HEADER_BYTES = 5;

/** The bytes of a message, compressed as all peers do over connections, and encrypted if there is a key. */
export function sealStream(message: StreamMessage, keyring: Keyring | undefined, random: Random): Uint8Array {
  const compressed = compress(encodeStreamMessage(message));
  if (keyring === undefined) return compressed;
  const header = Buffer.alloc(ENCRYPT_HEADER_BYTES);
  header[0] = MESSAGE.encrypt;
  header.writeUInt32BE(compressed.length + ENCRYPTION_BYTES, 1);
  return Buffer.concat([header, keyring.encrypt(compressed, random, header)]);
}

/**
 * Reads the one message of a peer. Rejects with `Unreadable`, also when a peer does not encrypt and we have a key, or
 * the other way round.
 */
export async function readStream(
  source: AsyncIterable<Uint8Array>,
  keyring: Keyring | undefined,
): Promise<StreamMessage> {
  const outer = StreamReader.of(source, MAX_STREAM_BYTES);
  const [type] = await outer.take(1);
  if (type === MESSAGE.encrypt) return readMessage(StreamReader.over(await decrypted(outer, keyring)));
  if (keyring !== undefined) throw new Unreadable("Encryption is configured but remote state is not encrypted");
  return readTyped(type as number, outer);
}

function encodeStreamMessage(message: StreamMessage): Uint8Array {
  switch (message.kind) {
    case "pushPull":
      return encodePushPull(message.state);
    case "ping":
    case "ack":
      return encodeSwimMessage(message);
    case "user":
      return Buffer.concat([
        Uint8Array.of(MESSAGE.user),
        encodeFields({ UserMsgLen: message.payload.length }),
        message.payload,
      ]);
    case "error":
      return encodeMessage(MESSAGE.error, { Error: message.text });
    default:
      return unreachable(message);
  }
}

async function decrypted(reader: StreamReader, keyring: Keyring | undefined): Promise<Uint8Array> {
  if (keyring === undefined) throw new Unreadable("Remote state is encrypted and encryption is not configured");
  const length = Buffer.from(await reader.take(4)).readUInt32BE();
  if (length > MAX_STREAM_BYTES) throw new Unreadable(`Remote node state is larger than limit (${length})`);
  const header = Buffer.alloc(ENCRYPT_HEADER_BYTES);
  header[0] = MESSAGE.encrypt;
  header.writeUInt32BE(length, 1);
  return keyring.decrypt(await reader.take(length), header);
}

async function readMessage(reader: StreamReader): Promise<StreamMessage> {
  const [type] = await reader.take(1);
  return readTyped(type as number, reader);
}

async function readTyped(type: number, reader: StreamReader): Promise<StreamMessage> {
  switch (type) {
    case MESSAGE.compress: {
      const packed = Buffer.concat([Uint8Array.of(type), await reader.value(MAX_STREAM_BYTES)]);
      return readMessage(StreamReader.over(decompressed(packed, MAX_STREAM_BYTES)));
    }
    case MESSAGE.pushPull:
      return { kind: "pushPull", state: await readPushPull(reader) };
    case MESSAGE.ping:
    case MESSAGE.ack:
      return readSmall(type, reader);
    case MESSAGE.user: {
      const length = fieldsOf(await reader.value(MAX_SMALL_BYTES)).integer("UserMsgLen", MAX_USER_BYTES);
      return { kind: "user", payload: await reader.take(length) };
    }
    case MESSAGE.error:
      return { kind: "error", text: fieldsOf(await reader.value(MAX_SMALL_BYTES)).text("Error", MAX_SMALL_BYTES) };
    default:
      throw new Unreadable(`stream of unknown type ${type}`);
  }
}

async function readSmall(type: number, reader: StreamReader): Promise<StreamMessage> {
  const message = decodeSwimMessage(Buffer.concat([Uint8Array.of(type), await reader.value(MAX_SMALL_BYTES)]));
  if (message.kind === "ping") return { kind: "ping", sequence: message.sequence, node: message.node };
  if (message.kind === "ack") return { kind: "ack", sequence: message.sequence };
  throw new Unreadable(`stream of unknown type ${type}`);
}
