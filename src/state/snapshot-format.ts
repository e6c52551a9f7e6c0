import { crc32 } from "node:zlib";
import * as z from "zod";
import { tableNames } from "./tables.ts";

// A state as bytes. Each chunk can be checked before any of it is read; its checksum goes on from that of the chunk
// before, the first from that of the name and version, so that none can be left out, doubled or moved.
//
//     NOMADSTATE │ version │ chunk │ chunk …
//     chunk:   length in bytes (4) │ CRC-32 (4) │ record …
//     record:  length in bytes (4) │ msgpack
//
// Numbers are big-endian. The first record is the head, the others are the rows it announces, table by table, in the
// order of their keys. They are packed as in the log, save that a record's fields are named when the first of its
// kind comes, and not again. An allocation has its job with it only if no row before had the same one, and otherwise
// that job's place among those that were said: as jobs of the table or with allocations.

const NAME = Buffer.from("NOMADSTATE");
/** Of all that follows. */
const VERSION = 1;
export const START = Buffer.from([...NAME, VERSION]);
/** A chunk's length and checksum. */
export const CHUNK_HEAD_BYTES = 8;
/** A record's length. */
export const RECORD_HEAD_BYTES = 4;
/** Far more than one row can come to: no request that reaches the log is longer than 64 MiB. */
export const LONGEST_CHUNK = 256 * 1024 * 1024;

const index = z.int().nonnegative();

/** What the first record says: the index, what the tables hold, and the time table. */
export const snapshotHead = z.object({
  index,
  tables: z.array(z.object({ name: z.string(), lastIndex: index, rows: index })),
  times: z.array(z.object({ index, at: z.number() })),
  /** How far the indexes are ahead of the log's; absent if they are not. */
  ahead: index.optional(),
});
export type SnapshotHead = z.infer<typeof snapshotHead>;

/** The tables of this version, as errors name them. */
export const tableList = tableNames.join(", ");

/** The checksum of a chunk, given that of the one before. */
export function chained(before: number, chunk: Uint8Array): number {
  return crc32(chunk, before);
}

/** A snapshot is not what this program writes: damaged, cut short, of another version, or none at all. */
export class UnreadableSnapshot extends Error {
  override readonly name = "UnreadableSnapshot";
  /** In bytes, from the beginning of the snapshot. */
  readonly offset: number;
  readonly expected: string;
  readonly found: string;

  constructor(offset: number, expected: string, found: string, options?: ErrorOptions) {
    super(`Cannot read a snapshot of the state: at offset ${offset}: expected ${expected}, found ${found}`, options);
    this.offset = offset;
    this.expected = expected;
    this.found = found;
  }
}

/** Checks name and version. Throws `UnreadableSnapshot`. */
export function checkStart(start: Uint8Array): void {
  const name = Buffer.from(start.subarray(0, NAME.length));
  if (!name.equals(NAME)) throw new UnreadableSnapshot(0, `"${NAME}"`, `bytes ${name.toString("hex")}`);
  const version = start[NAME.length];
  if (version !== VERSION) throw new UnreadableSnapshot(NAME.length, `version ${VERSION}`, `version ${version}`);
}
