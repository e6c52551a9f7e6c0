import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { DatabaseLayout } from "../database.ts";
import { readConfirmed } from "./sqlite-confirmed.ts";
import { SqliteFailure } from "./sqlite-failure.ts";
import { inspectWal } from "./sqlite-wal.ts";

/** Says in every file that it is one of ours: "NMDT". */
export const APPLICATION_ID = 0x4e4d4454;
const SQLITE_MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
const VERSIONS_AT = 18;
/** For writing and for reading, of a database with a write-ahead log. */
const VERSIONS = 0x0202;
const FORMAT_AT = 60;
const APPLICATION_ID_AT = 68;
/** The smallest write-ahead log that has anything in it. */
const LEAST_WAL_BYTES = 56;

/** Looks at the files before SQLite does: it would mend by forgetting. Returns the size of a torn tail. */
export function inspectFiles(path: string, layout: DatabaseLayout): number {
  const walPath = `${path}-wal`;
  if (!existsSync(path)) throw new SqliteFailure("damaged", `"${path}" is missing`);
  refuseUnlessOurs(path, layout);
  const wal = existsSync(walPath) ? readFileSync(walPath) : Buffer.alloc(0);
  // With a write-ahead log the main file may be half way between two states, and must not be read without it.
  if (wal.length < LEAST_WAL_BYTES && wasOpen(path)) {
    const found = existsSync(walPath) ? `${wal.length} bytes` : "no file";
    throw new SqliteFailure("damaged", `"${walPath}": expected the newest changes of "${path}", found ${found}`);
  }
  const finding = inspectWal(wal, readConfirmed(path));
  if (finding.kind === "whole") return finding.tornBytes;
  const { offset, expected, found } = finding;
  throw new SqliteFailure("damaged", `"${walPath}" at offset ${offset}: expected ${expected}, found ${found}`);
}

/** Reads the header of the main file, which is the same in every state of it. Source: "Database File Format", sqlite.org. */
function refuseUnlessOurs(path: string, layout: DatabaseLayout): void {
  const header = firstBytes(path, HEADER_BYTES);
  if (header.length < HEADER_BYTES || header.toString("latin1", 0, SQLITE_MAGIC.length) !== SQLITE_MAGIC) {
    const found = header.length === 0 ? "an empty file" : "other bytes";
    throw new SqliteFailure("damaged", `"${path}" at offset 0: expected the start of a database, found ${found}`);
  }
  if (header.readUInt16BE(VERSIONS_AT) !== VERSIONS) {
    throw new SqliteFailure("damaged", `"${path}" at offset ${VERSIONS_AT}: expected two versions of 2, found others`);
  }
  if (header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID) {
    throw new SqliteFailure("unreadable", `"${path}" is a database of another program`);
  }
  const format = header.readUInt32BE(FORMAT_AT);
  if (format === layout.format) return;
  throw new SqliteFailure(
    "unreadable",
    `"${path}" has format ${format}, and this version reads format ${layout.format}`,
  );
}

/** Whether the main file says that there is a write-ahead log; nobody writes it now. */
function wasOpen(path: string): boolean {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  const connection = new DatabaseSync(url, { readOnly: true });
  try {
    return connection.prepare(`SELECT isOpen FROM "life"`).get()?.isOpen !== 0;
  } finally {
    connection.close();
  }
}

/** Fewer where the file ends before. */
function firstBytes(path: string, length: number): Buffer {
  const file = openSync(path, constants.O_RDONLY);
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } finally {
    closeSync(file);
  }
}
