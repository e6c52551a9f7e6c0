import { createHash } from "node:crypto";
import type { OpenFile } from "../runtime/index.ts";
import { BinaryReader, BinaryWriter, MalformedBytes } from "./binary.ts";
import type { SnapshotMark } from "./core/snapshot.ts";
import { readMark, writeMark } from "./entry-codec.ts";

// A snapshot's file: its name and version, the mark with its length before it, the state, a digest of all that.
//
//     NOMADSNAP 1 │ length, mark │ state … │ SHA-256

const MAGIC = Buffer.from("NOMADSNAP\x01", "latin1");
const LENGTH_BYTES = 4;
export const DIGEST_BYTES = 32;
const LONGEST_MARK = 1024 * 1024;
const READ_BYTES = 256 * 1024;

/** A file that was found to be whole. */
export interface WholeSnapshot {
  readonly mark: SnapshotMark;
  readonly totalBytes: number;
  readonly stateOffset: number;
  /** The digest in hexadecimal: two files with the same one are the same. */
  readonly checksum: string;
}

/** Fills an empty file, which is open to be appended to; resolves when it is on disk. */
export async function writeSnapshot(
  file: OpenFile,
  mark: SnapshotMark,
  state: AsyncIterable<Uint8Array>,
): Promise<WholeSnapshot> {
  const hash = createHash("sha256");
  let length = 0;
  const write = async (piece: Uint8Array) => {
    hash.update(piece);
    length += piece.length;
    await file.append(piece);
  };
  await write(headerOf(mark));
  const stateOffset = length;
  for await (const piece of state) await write(piece);
  const digest = hash.digest();
  await file.append(digest);
  await file.sync();
  return { mark, totalBytes: length + DIGEST_BYTES, stateOffset, checksum: digest.toString("hex") };
}

/** Reads all of the file. Throws `MalformedBytes` that says at which offset it is not what was written. */
export async function inspectSnapshot(file: OpenFile): Promise<WholeSnapshot> {
  const { sizeBytes: totalBytes } = await file.status();
  const { mark, stateOffset } = await readHeader(file, totalBytes);
  const end = totalBytes - DIGEST_BYTES;
  const hash = createHash("sha256");
  for await (const piece of readPieces(file, 0, end)) hash.update(piece);
  const found = hash.digest("hex");
  const expected = Buffer.from(await file.read(end, DIGEST_BYTES)).toString("hex");
  if (found !== expected) {
    throw new MalformedBytes(`at offset ${end}: expected SHA-256 ${expected} of what is before it, found ${found}`);
  }
  return { mark, totalBytes, stateOffset, checksum: found };
}

/** What is in `file` from `offset` to `end`, piece by piece. */
export async function* readPieces(file: OpenFile, offset: number, end: number): AsyncIterable<Uint8Array> {
  for (let at = offset; at < end; ) {
    const piece = await file.read(at, Math.min(READ_BYTES, end - at));
    if (piece.length === 0) throw new MalformedBytes(`at offset ${at}: expected ${end - at} more bytes, found the end`);
    yield piece;
    at += piece.length;
  }
}

function headerOf(mark: SnapshotMark): Buffer {
  const writer = new BinaryWriter();
  writeMark(writer, mark);
  return new BinaryWriter().raw(MAGIC).bytes(writer.take()).take();
}

async function readHeader(file: OpenFile, totalBytes: number) {
  const start = Buffer.from(await file.read(0, MAGIC.length + LENGTH_BYTES));
  if (!start.subarray(0, MAGIC.length).equals(MAGIC) || start.length < MAGIC.length + LENGTH_BYTES) {
    throw new MalformedBytes("at offset 0: expected the start of a snapshot of version 1, found other bytes");
  }
  const markBytes = start.readUInt32BE(MAGIC.length);
  const stateOffset = start.length + markBytes;
  if (markBytes > LONGEST_MARK || stateOffset + DIGEST_BYTES > totalBytes) {
    throw new MalformedBytes(`at offset ${MAGIC.length}: expected a length that fits, found ${markBytes}`);
  }
  const reader = new BinaryReader(await file.read(start.length, markBytes));
  const mark = readMark(reader);
  reader.end();
  return { mark, stateOffset };
}
