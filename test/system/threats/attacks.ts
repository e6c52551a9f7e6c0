import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { encodeCall } from "../../../src/rpc/call-format.ts";
import { encodeHeader, frameFlag, frameType } from "../../../src/rpc/frame.ts";

/** What attackers of these tests say and measure. */

export const MB = 1024 * 1024;

/** With `NOMAD_TEST_FIGURES` set the figure is printed, too. */
export function assertAtMost(actual: number, most: number, unit: string): void {
  if (process.env.NOMAD_TEST_FIGURES !== undefined)
    console.log(`  figure: ${actual.toFixed(1)} of ${most.toFixed()} ${unit}`);
  assert.ok(actual <= most, `${actual.toFixed(1)} ${unit}, of ${most} at most`);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Resolves when the peer has ended or broken the connection; with the milliseconds since `began`. */
export function closed(socket: Socket, began = performance.now()): Promise<number> {
  socket.resume();
  return new Promise((resolve) => {
    if (socket.closed) resolve(performance.now() - began);
    else socket.once("close", () => resolve(performance.now() - began));
  });
}

/** Sends all, or as much as the peer takes before it closes. */
export function send(socket: Socket, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    const done = () => {
      socket.off("close", done);
      resolve();
    };
    socket.once("close", done);
    socket.write(bytes, done);
  });
}

/** All that a peer has said by the time it closes. */
export function heard(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => socket.once("close", () => resolve(Buffer.concat(chunks))));
}

/** First bytes of a connection to a server's RPC port. */
export const first = { rpc: Buffer.from([1]), raft: Buffer.from([2]), yamux: Buffer.from([3]), tls: Buffer.from([4]) };

/** A frame that opens a stream. */
export function openStream(stream: number): Uint8Array {
  return encodeHeader({ type: frameType.windowUpdate, flags: frameFlag.syn, stream, length: 0 });
}

/** A frame with data. */
export function dataFrame(stream: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([encodeHeader({ type: frameType.data, flags: 0, stream, length: bytes.length }), bytes]);
}

/** A call's header and body. */
export function call(method: string, body: unknown = {}, seq = 1): Uint8Array {
  return encodeCall({ ServiceMethod: method, Seq: seq }, body);
}
