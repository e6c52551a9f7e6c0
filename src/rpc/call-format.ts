import { milliseconds } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import {
  decodeMsgpack,
  encodeMsgpackInRow,
  InvalidMsgpack,
  MsgpackCursor,
  type MsgpackOptions,
  MsgpackReader,
} from "../wire/index.ts";

/**
 * Calls on the wire, as Go's net/rpc has them with msgpack: a header and a body from the caller, a header and a body
 * back. Nothing announces their lengths. A stream carries one call at a time.
 */

/** A header holds a number and a name, or an error's text. */
export const longestRequestHeader = 4 * 1024;
export const longestReplyHeader = 1024 * 1024;

/** How a map of two fields begins. */
const mapOfTwo = 0x82;
/** Bytes of a long message that are decoded before others have their turn. */
const slice = 256 * 1024;

export interface RequestHeader {
  readonly Seq: number;
  readonly ServiceMethod: string;
}

export interface ReplyHeader extends RequestHeader {
  /** Empty unless the call failed; then the body is an empty map. */
  readonly Error: string;
}

/** Header and body, ready to be sent. */
export function encodeCall(header: RequestHeader | ReplyHeader, body: unknown): Uint8Array {
  return encodeMsgpackInRow([header, body]);
}

/** Reads the header of a request. Throws `InvalidMsgpack` when it is none. */
export function readRequestHeader(bytes: Uint8Array): RequestHeader {
  return plainRequestHeader(bytes) ?? requestHeader(decodeMsgpack(bytes));
}

/** A header of its two fields and nothing else, as all peers write it; undefined for others. */
function plainRequestHeader(bytes: Uint8Array): RequestHeader | undefined {
  const cursor = new MsgpackCursor(bytes);
  if (cursor.byte() !== mapOfTwo) return undefined;
  let Seq: unknown;
  let ServiceMethod: string | undefined;
  for (let fields = 2; fields > 0; fields--) {
    const name = textAt(cursor);
    if (name === "Seq") Seq = scalarAt(cursor);
    else if (name === "ServiceMethod") ServiceMethod = textAt(cursor);
    else return undefined;
  }
  const isWhole = Number.isSafeInteger(Seq) && ServiceMethod !== undefined && cursor.left === 0;
  return isWhole ? { Seq: Seq as number, ServiceMethod: ServiceMethod as string } : undefined;
}

function textAt(cursor: MsgpackCursor): string | undefined {
  const head = cursor.headOf(cursor.byte());
  return head.kind === "raw" ? cursor.text(cursor.count(head)) : undefined;
}

function scalarAt(cursor: MsgpackCursor): unknown {
  const byte = cursor.byte();
  return cursor.headOf(byte).kind === "scalar" ? cursor.scalar(byte) : undefined;
}

/** Throws `InvalidMsgpack` when it is none. */
function requestHeader(value: unknown): RequestHeader {
  const { Seq, ServiceMethod } = fields(value);
  if (typeof Seq !== "number" || !Number.isSafeInteger(Seq) || typeof ServiceMethod !== "string") {
    throw new InvalidMsgpack("Cannot read a request: its header has no number or no method");
  }
  return { Seq, ServiceMethod };
}

/** Throws `InvalidMsgpack` when it is none. */
export function replyHeader(value: unknown): ReplyHeader {
  const { Error: text } = fields(value);
  if (typeof text !== "string") throw new InvalidMsgpack("Cannot read a reply: its header has no error field");
  return { ...requestHeader(value), Error: text };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/**
 * Reads a whole message: a short one at once, a long one in slices, between which others have their turn. A promise only for
 * one that is not at once there. Throws, or rejects with, `InvalidMsgpack`.
 */
export function decodeInSlices(clock: Clock, bytes: Uint8Array, options?: MsgpackOptions): unknown {
  const reader = new MsgpackReader(bytes, options);
  return reader.advance(slice) ? reader.value : restInSlices(clock, reader);
}

async function restInSlices(clock: Clock, reader: MsgpackReader): Promise<unknown> {
  do await clock.sleep(milliseconds(0), never);
  while (!reader.advance(slice));
  return reader.value;
}

const never = new AbortController().signal;
