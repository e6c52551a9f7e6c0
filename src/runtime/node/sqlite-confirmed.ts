import { closeSync, constants, fchmodSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { ConfirmedFrames } from "./sqlite-wal.ts";

// A write-ahead log that has lost its end looks like one whose last write a crash has cut short. What tells them apart is a
// note beside it of how far it was synced. The note is written after each sync and never synced itself, so it costs next
// to nothing: after a power cut it may be of before, but it never promises what was not on disk.
//
//     magic, version │ salts │ frames │ CRC-32 of all that

const MAGIC = 0x4e4d4301;
const SALTS_AT = 4;
const SALTS_BYTES = 8;
const FRAMES_AT = SALTS_AT + SALTS_BYTES;
const CHECKSUM_AT = FRAMES_AT + 4;
const MARK_BYTES = CHECKSUM_AT + 4;
const SALTS_IN_WAL = 16;

/** Where the mark of the database at `path` is. */
export function markPath(path: string): string {
  return `${path}-confirmed`;
}

/** Undefined when there is no mark, or none that can be trusted: then nothing is known. */
export function readConfirmed(path: string): ConfirmedFrames | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(markPath(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (bytes.length !== MARK_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  if (bytes.readUInt32BE(CHECKSUM_AT) !== crc32(bytes.subarray(0, CHECKSUM_AT))) return undefined;
  return { salts: bytes.subarray(SALTS_AT, FRAMES_AT), frames: bytes.readUInt32BE(FRAMES_AT) };
}

/** Keeps the mark of a database that is open. */
export class ConfirmedMark {
  readonly #file: number;
  readonly #wal: number;
  readonly #frames: StatementSync;
  readonly #bytes = Buffer.alloc(MARK_BYTES);

  /** `connection` has written to its write-ahead log at least once. */
  constructor(path: string, connection: DatabaseSync) {
    this.#file = openSync(markPath(path), constants.O_WRONLY | constants.O_CREAT, 0o600);
    fchmodSync(this.#file, 0o600);
    this.#wal = openSync(`${path}-wal`, constants.O_RDONLY);
    // Tells how many frames there are, and does nothing. Source: "PRAGMA wal_checkpoint", sqlite.org.
    this.#frames = connection.prepare("PRAGMA wal_checkpoint(NOOP)");
    this.#frames.setReturnArrays(true);
    this.#bytes.writeUInt32BE(MAGIC);
  }

  /** All that is committed has been synced. A mark that cannot be written stays that of before, which is true too. */
  write(): void {
    try {
      readSync(this.#wal, this.#bytes, SALTS_AT, SALTS_BYTES, SALTS_IN_WAL);
      const [, frames] = this.#frames.get() as unknown as readonly number[];
      this.#bytes.writeUInt32BE(frames!, FRAMES_AT);
      this.#bytes.writeUInt32BE(crc32(this.#bytes.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
      writeSync(this.#file, this.#bytes, 0, MARK_BYTES, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    }
  }

  close(): void {
    closeSync(this.#wal);
    closeSync(this.#file);
  }
}
