import { deflateRawSync, inflateRawSync } from "node:zlib";
import { GrowingBytes, milliseconds } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";

/** Of the state, before it is packed: some milliseconds of work. */
const partBytes = 512 * 1024;
/** Fast, and of a state of jobs that resemble each other still a tenth. */
const level = 3;

/** A snapshot's slices as parts for the log: few, and each packed by itself. */
export async function* packedParts(slices: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const held = new GrowingBytes();
  for await (const slice of slices) {
    held.append(slice);
    if (held.length >= partBytes) yield deflateRawSync(held.take(), { level });
  }
  if (held.length > 0) yield deflateRawSync(held.take(), { level });
}

/** What was packed. Other work has its turn after each part. */
export async function* unpackedParts(parts: AsyncIterable<Uint8Array>, clock: Clock): AsyncIterable<Uint8Array> {
  const { signal } = new AbortController();
  for await (const part of parts) {
    yield inflateRawSync(part);
    await clock.sleep(milliseconds(0), signal);
  }
}
