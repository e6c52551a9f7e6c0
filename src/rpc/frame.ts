import { ProtocolViolation } from "./errors.ts";

/**
 * Frames of yamux, all numbers big-endian:
 *
 *     0     1     2        4            8            12
 *     +-----+-----+--------+------------+------------+
 *     | 0   | type| flags  | stream     | length     |  then, for data, `length` bytes
 *     +-----+-----+--------+------------+------------+
 */
export const headerLength = 12;

/** What `length` means: bytes that follow, bytes more that may be sent, a value to echo, a reason. */
export const frameType = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;

/** SYN opens a stream or asks a ping, ACK accepts or answers, FIN closes one direction, RST ends a stream at once. */
export const frameFlag = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

export const goAwayCode = { normal: 0, protocolError: 1, internalError: 2 } as const;

export interface FrameHeader {
  readonly type: number;
  readonly flags: number;
  /** 0 for the session itself. */
  readonly stream: number;
  readonly length: number;
}

/** A frame without payload; for data, the header to put before `length` bytes. */
export function encodeHeader({ type, flags, stream, length }: FrameHeader): Uint8Array {
  const bytes = Buffer.allocUnsafe(headerLength);
  writeHeader(bytes, type, flags, stream, length);
  return bytes;
}

/** The same into `bytes`, which have room for it there. */
export function writeHeader(bytes: Buffer, type: number, flags: number, stream: number, length: number, at = 0): void {
  bytes[at] = 0;
  bytes[at + 1] = type;
  bytes.writeUInt16BE(flags, at + 2);
  bytes.writeUInt32BE(stream, at + 4);
  bytes.writeUInt32BE(length, at + 8);
}

/** Takes what a `FrameReader` finds. What it throws ends the reading. */
export interface FrameSink {
  frame(header: FrameHeader): void;
  /** Part of the payload of the last data frame; `left` bytes of it are still to come. The bytes are not to be kept. */
  payload(bytes: Uint8Array, left: number): void;
}

/** Cuts a stream of bytes into frames. Holds at most one header, whatever lengths are claimed. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #header = Buffer.alloc(headerLength);
  #headerBytes = 0;
  #payloadLeft = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Reads on. Throws `ProtocolViolation` for what is no frame. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) at += this.#payloadLeft > 0 ? this.#readPayload(chunk, at) : this.#readHeader(chunk, at);
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const length = Math.min(this.#payloadLeft, chunk.length - at);
    this.#payloadLeft -= length;
    this.#sink.payload(chunk.subarray(at, at + length), this.#payloadLeft);
    return length;
  }

  #readHeader(chunk: Uint8Array, at: number): number {
    if (this.#headerBytes === 0 && at + headerLength <= chunk.length) {
      this.#frame(chunk, at);
      return headerLength;
    }
    const length = Math.min(headerLength - this.#headerBytes, chunk.length - at);
    this.#header.set(chunk.subarray(at, at + length), this.#headerBytes);
    this.#headerBytes += length;
    if (this.#headerBytes === headerLength) {
      this.#headerBytes = 0;
      this.#frame(this.#header, 0);
    }
    return length;
  }

  #frame(bytes: Uint8Array, at: number): void {
    const [version, type] = [bytes[at], bytes[at + 1] as number];
    if (version !== 0) throw new ProtocolViolation(`yamux version ${version}`);
    if (type > frameType.goAway) throw new ProtocolViolation(`yamux frame of type ${type}`);
    const length = uint32(bytes, at + 8);
    if (type === frameType.data) this.#payloadLeft = length;
    this.#sink.frame({ type, flags: uint32(bytes, at) & 0xffff, stream: uint32(bytes, at + 4), length });
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return high * 0x1_0000 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
}
