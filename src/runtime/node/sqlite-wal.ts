/**
 * What is in SQLite's write-ahead log, read before SQLite itself reads it. SQLite takes the frames up to the first bad
 * one and forgets the rest without a word: right for a write that a crash cut short, wrong when a bit has flipped in
 * the middle of what was synced. The two can be told apart: a transaction begins only after the one before it is
 * synced, so a crash damages the last transaction at most.
 * Source: "WAL-mode File Format", sqlite.org.
 *
 *     header 32 bytes │ frame: header 24, page │ frame │ frame, commit │ frame │ …
 *     magic, version,    page number, size after commit or 0, salts, checksum of all before and itself
 *     page size, salts
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

export type WalFinding =
  /** Everything is whole, but for `tornBytes` at the end that a crash left of a transaction. */
  | { readonly kind: "whole"; readonly tornBytes: number }
  | { readonly kind: "damaged"; readonly offset: number; readonly expected: string; readonly found: string };

/** How much of a write-ahead log was once synced: which log it was, and its frames. */
export interface ConfirmedFrames {
  /** Both, as they stand in the header and in each frame. */
  readonly salts: Buffer;
  readonly frames: number;
}

/** Reads a whole write-ahead log, of which `confirmed` is known to have been there. An empty one is whole. */
export function inspectWal(wal: Buffer, confirmed?: ConfirmedFrames): WalFinding {
  if (wal.length === 0) return { kind: "whole", tornBytes: 0 };
  // SQLite syncs the header before the first frame: a part of a header can only be a crash before any frame.
  if (wal.length < HEADER_BYTES) return { kind: "whole", tornBytes: wal.length };
  const magic = wal.readUInt32BE(0);
  const sum = checksums(magic === MAGIC + 1 ? "big" : "little");
  const headerSum = sum(wal.subarray(0, 24), [0, 0]);
  if ((magic !== MAGIC && magic !== MAGIC + 1) || !isSum(headerSum, wal, 24)) {
    if (wal.length === HEADER_BYTES) return { kind: "whole", tornBytes: wal.length };
    return { kind: "damaged", offset: 0, expected: "a valid header", found: "one with a wrong checksum" };
  }
  return inspectFrames(wal, sum, headerSum, confirmed);
}

function inspectFrames(wal: Buffer, sum: Checksums, headerSum: Pair, confirmed?: ConfirmedFrames): WalFinding {
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  let [before, committed, offset] = [headerSum, HEADER_BYTES, HEADER_BYTES];
  for (; offset + frameBytes <= wal.length; offset += frameBytes) {
    if (wal.compare(wal, 16, 24, offset + 8, offset + 16) !== 0) break;
    const described = sum(wal.subarray(offset, offset + 8), before);
    const after = sum(wal.subarray(offset + FRAME_HEADER_BYTES, offset + frameBytes), described);
    if (!isSum(after, wal, offset + 16)) break;
    before = after;
    if (isCommit(wal, offset)) committed = offset + frameBytes;
  }
  const isSameLog = confirmed !== undefined && wal.compare(confirmed.salts, 0, 8, 16, 24) === 0;
  const least = isSameLog ? HEADER_BYTES + confirmed.frames * frameBytes : 0;
  if (committed < least) {
    const found = offset + frameBytes <= wal.length ? "one with a wrong checksum" : "the end of the file";
    return { kind: "damaged", offset, expected: `a valid frame, as was confirmed up to offset ${least}`, found };
  }
  const unconfirmed = transactionsAfter(wal, committed, frameBytes);
  if (unconfirmed.count < 2) return { kind: "whole", tornBytes: unconfirmed.end - committed };
  const expected = "a valid frame, since later transactions follow it";
  return { kind: "damaged", offset, expected, found: "one with a wrong checksum" };
}

/**
 * How many transactions begin at `from` or later, and where they end. A transaction ends with its commit frame, and
 * holds no page twice: where one comes again, a commit frame has been lost.
 */
function transactionsAfter(wal: Buffer, from: number, frameBytes: number): { count: number; end: number } {
  let [count, end] = [0, from];
  let pages: Set<number> | undefined;
  for (let offset = from; offset + FRAME_HEADER_BYTES <= wal.length; offset += frameBytes) {
    if (!isOfThisLife(wal, offset)) continue;
    const page = wal.readUInt32BE(offset);
    if (pages === undefined || pages.has(page)) {
      count++;
      pages = new Set();
    }
    pages.add(page);
    if (isCommit(wal, offset)) pages = undefined;
    end = Math.min(offset + frameBytes, wal.length);
  }
  return { count, end };
}

/** Frames left over from before the log was begun anew differ in both salts; a flipped bit spoils one. */
function isOfThisLife(wal: Buffer, offset: number): boolean {
  return (
    wal.compare(wal, 16, 20, offset + 8, offset + 12) === 0 || wal.compare(wal, 20, 24, offset + 12, offset + 16) === 0
  );
}

function isCommit(wal: Buffer, offset: number): boolean {
  return wal.readUInt32BE(offset + 4) !== 0;
}

type Pair = readonly [number, number];
type Checksums = (bytes: Buffer, before: Pair) => Pair;

/** SQLite's running checksum over pairs of words, in the byte order that the magic number names. */
function checksums(order: "big" | "little"): Checksums {
  return (bytes, [first, second]) => {
    let [s0, s1] = [first, second];
    for (let offset = 0; offset < bytes.length; offset += 8) {
      const x0 = order === "big" ? bytes.readUInt32BE(offset) : bytes.readUInt32LE(offset);
      const x1 = order === "big" ? bytes.readUInt32BE(offset + 4) : bytes.readUInt32LE(offset + 4);
      s0 = (s0 + x0 + s1) >>> 0;
      s1 = (s1 + x1 + s0) >>> 0;
    }
    return [s0, s1];
  };
}

function isSum([s0, s1]: Pair, wal: Buffer, offset: number): boolean {
  return wal.readUInt32BE(offset) === s0 && wal.readUInt32BE(offset + 4) === s1;
}
