import { milliseconds } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import { encodeMsgpackInRow, InvalidMsgpack, type MsgpackOptions, MsgpackReader } from "../wire/index.ts";

/**
 * Calls on the wire, as Go's net/rpc has them with msgpack: a header and a body from the caller, a header and a body
 * back. Nothing announces their lengths. A stream carries one call at a time.
 */

/** A header holds a number and a name, or an error's text. */
export const longestRequestHeader = 4 * 1024;
export const longestReplyHeader = 1024 * 1024;

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

/** Throws `InvalidMsgpack` when it is none. */
export function requestHeader(value: unknown): RequestHeader {
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

/** Reads a whole message; a long one in slices, between which others have their turn. Throws `InvalidMsgpack`. */
export async function decodeInSlices(clock: Clock, bytes: Uint8Array, options?: MsgpackOptions): Promise<unknown> {
  const reader = new MsgpackReader(bytes, options);
  while (!reader.advance(slice)) await clock.sleep(milliseconds(0), never);
  return reader.value;
}

const never = new AbortController().signal;
