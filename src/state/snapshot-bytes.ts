import { chained, START } from "./snapshot-format.ts";
import type { StateView } from "./view.ts";
import { writeSnapshot } from "./write-snapshot.ts";

/** The snapshot of a view in one piece: for tests. */
export async function snapshotBytes(view: StateView): Promise<Buffer> {
  return Buffer.concat(await slicesOf(view));
}

/** The snapshot of a view as it is written: for tests. */
export async function slicesOf(view: StateView): Promise<Uint8Array[]> {
  const slices: Uint8Array[] = [];
  for await (const slice of writeSnapshot(view)) slices.push(slice);
  return slices;
}

/** Bytes in pieces of a length, as a disk would give them: for tests. */
export async function* inPieces(bytes: Buffer, length = bytes.length): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** The records of a snapshot as they are packed, the head first: for tests. */
export function recordsOf(snapshot: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let chunk = START.length; chunk < snapshot.length; chunk += 8 + snapshot.readUInt32BE(chunk)) {
    const end = chunk + 8 + snapshot.readUInt32BE(chunk);
    for (let at = chunk + 8; at < end; at += 4 + snapshot.readUInt32BE(at)) {
      records.push(snapshot.subarray(at + 4, at + 4 + snapshot.readUInt32BE(at)));
    }
  }
  return records;
}

/** A snapshot in one chunk that says of itself that it is undamaged, whatever is in it: for tests. */
export function sealedRecords(records: readonly Uint8Array[]): Buffer {
  return sealed(Buffer.concat(records.flatMap((record) => [uint32(record.length), record])));
}

/** A snapshot of one chunk with a right checksum: for tests. */
export function sealed(chunk: Uint8Array): Buffer {
  return Buffer.concat([START, uint32(chunk.length), uint32(chained(chained(0, START), chunk)), chunk]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
