import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { parentPort } from "node:worker_threads";
import type { DatabaseFailureReason, DatabaseLayout } from "../database.ts";
import { ConfirmedMark, readConfirmed } from "./sqlite-confirmed.ts";
import {
  type PackedChange,
  RecordPacker,
  type SqliteAnswer,
  type SqliteRequest,
  unpackRecords,
} from "./sqlite-messages.ts";
import { inspectWal } from "./sqlite-wal.ts";

// The program of a thread that keeps one database, so that no sync holds up anything else. It answers one request
// after the other.

/** Says in every file that it is one of ours: "NMDT". */
const APPLICATION_ID = 0x4e4d4454;
const SQLITE_MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
const FORMAT_AT = 60;
const APPLICATION_ID_AT = 68;
/** The smallest write-ahead log that has anything in it. */
const LEAST_WAL_BYTES = 56;
const PORTION_BYTES = 1024 * 1024;

class Failure extends Error {
  readonly reason: DatabaseFailureReason;

  constructor(reason: DatabaseFailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A database with the statements for its tables. */
interface Statements {
  readonly connection: DatabaseSync;
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly puts: ReadonlyMap<string, StatementSync>;
  readonly removes: ReadonlyMap<string, StatementSync>;
  readonly reads: ReadonlyMap<string, StatementSync>;
}

/** The database of this thread; the lock is held so that nobody else looks into its files meanwhile. */
interface Opened extends Statements {
  readonly path: string;
  readonly lock: DatabaseSync;
  readonly mark: ConfirmedMark;
}

let opened: Opened | undefined;
/** A write or a sync has failed, and nobody knows what of it is on disk: nothing more is written through what is open. */
let isBroken = false;

parentPort?.on("message", (request: SqliteRequest) => {
  const { answer, transfer } = answerTo(request);
  parentPort?.postMessage(answer, transfer);
  if (request.kind === "close") parentPort?.close();
});

function answerTo(request: SqliteRequest): { answer: SqliteAnswer; transfer: ArrayBuffer[] } {
  try {
    const result = carryOut(request);
    const transfer = result instanceof Uint8Array ? [result.buffer as ArrayBuffer] : [];
    return { answer: { ok: true, result }, transfer };
  } catch (error) {
    return { answer: { ok: false, reason: reasonOf(error), message: (error as Error).message }, transfer: [] };
  }
}

function carryOut(request: SqliteRequest): unknown {
  switch (request.kind) {
    case "create":
      return create(request.path, request.layout, request.content);
    case "open":
      return open(request.path, request.layout);
    case "write":
      return confirm(existing(), request.changes);
    case "read":
      return read(existing(), request.table, request.after);
    case "close":
      return close();
  }
}

/** Made under another name, so that a crash leaves none or a whole one. */
function create(path: string, layout: DatabaseLayout, content: readonly PackedChange[]): void {
  if (existsSync(path) || existsSync(`${path}-wal`)) throw new Failure("unreadable", `"${path}" exists already`);
  const unfinished = `${path}.new`;
  for (const suffix of ["", "-wal", "-journal"]) rmSync(`${unfinished}${suffix}`, { force: true });
  closeSync(openSync(unfinished, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600));
  chmodSync(unfinished, 0o600);
  const connection = connect(unfinished);
  try {
    const tables = layout.tables.map(
      (table) => `CREATE TABLE "${table}" (key INTEGER PRIMARY KEY, value BLOB NOT NULL);`,
    );
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${layout.format};
      CREATE TABLE "life" (isOpen INTEGER NOT NULL); INSERT INTO "life" VALUES (0); ${tables.join(" ")}`);
    write(statementsOf(connection, layout), content);
    // Closing does it too, and does not say when it cannot.
    connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    connection.close();
  }
  syncPath(unfinished);
  renameSync(unfinished, path);
  syncPath(dirname(path));
}

/** How many bytes a crash had left of an unfinished transaction. */
function open(path: string, layout: DatabaseLayout): number {
  const lock = takeLock(path);
  try {
    const tornBytes = inspect(path, layout);
    const connection = connect(path);
    // From here on the main file says that there is a write-ahead log which belongs to it.
    connection.exec(`UPDATE "life" SET isOpen = 1; PRAGMA wal_checkpoint(FULL)`);
    const mark = new ConfirmedMark(path, connection);
    mark.write();
    opened = { ...statementsOf(connection, layout), path, lock, mark };
    return tornBytes;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** The system frees this lock when the process ends, however that happens; the file stays and means nothing. */
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}-lock`);
  try {
    chmodSync(`${path}-lock`, 0o600);
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    throw reasonOf(error) === "locked" ? new Failure("locked", `"${path}" is in use by another process`) : error;
  }
}

/** Looks at the files before SQLite does: it would mend by forgetting. Returns the size of a torn tail. */
function inspect(path: string, layout: DatabaseLayout): number {
  const walPath = `${path}-wal`;
  if (!existsSync(path)) throw new Failure("damaged", `"${path}" is missing`);
  refuseUnlessOurs(path, layout);
  const wal = existsSync(walPath) ? readFileSync(walPath) : Buffer.alloc(0);
  // With a write-ahead log the main file may be half way between two states, and must not be read without it.
  if (wal.length < LEAST_WAL_BYTES && wasOpen(path)) {
    const found = existsSync(walPath) ? `${wal.length} bytes` : "no file";
    throw new Failure("damaged", `"${walPath}": expected the newest changes of "${path}", found ${found}`);
  }
  const finding = inspectWal(wal, readConfirmed(path));
  if (finding.kind === "whole") return finding.tornBytes;
  const { offset, expected, found } = finding;
  throw new Failure("damaged", `"${walPath}" at offset ${offset}: expected ${expected}, found ${found}`);
}

/** Reads the header of the main file, which is the same in every state of it. Source: "Database File Format", sqlite.org. */
function refuseUnlessOurs(path: string, layout: DatabaseLayout): void {
  const header = firstBytes(path, HEADER_BYTES);
  if (header.length < HEADER_BYTES || header.toString("latin1", 0, SQLITE_MAGIC.length) !== SQLITE_MAGIC) {
    const found = header.length === 0 ? "an empty file" : "other bytes";
    throw new Failure("damaged", `"${path}" at offset 0: expected the start of a database, found ${found}`);
  }
  if (header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID) {
    throw new Failure("unreadable", `"${path}" is a database of another program`);
  }
  const format = header.readUInt32BE(FORMAT_AT);
  if (format === layout.format) return;
  throw new Failure("unreadable", `"${path}" has format ${format}, and this version reads format ${layout.format}`);
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

function connect(path: string): DatabaseSync {
  const connection = new DatabaseSync(path);
  // Without a spilling cache no page is written twice in a transaction, which `inspectWal` counts on.
  connection.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA cache_spill = OFF; PRAGMA cell_size_check = ON`);
  return connection;
}

function statementsOf(connection: DatabaseSync, { tables }: DatabaseLayout): Statements {
  const prepared = (statement: (table: string) => string) =>
    new Map(tables.map((table) => [table, connection.prepare(statement(table))]));
  const puts = prepared((table) => `INSERT OR REPLACE INTO "${table}" VALUES (?, ?)`);
  const removes = prepared((table) => `DELETE FROM "${table}" WHERE key BETWEEN ? AND ?`);
  const reads = prepared((table) => `SELECT key, value FROM "${table}" WHERE key > ? ORDER BY key`);
  for (const statement of reads.values()) statement.setReturnArrays(true);
  const [begin, commit] = [connection.prepare("BEGIN"), connection.prepare("COMMIT")];
  return { connection, begin, commit, puts, removes, reads };
}

/** A write that is on disk when this returns, and is missed from then on where it is not found. */
function confirm(database: Opened, changes: readonly PackedChange[]): void {
  if (isBroken) throw new Failure("broken", "a write before this one has failed");
  try {
    write(database, changes);
  } catch (error) {
    isBroken = reasonOf(error) !== "full";
    throw error;
  }
  database.mark.write();
}

function write({ connection, begin, commit, puts, removes }: Statements, changes: readonly PackedChange[]): void {
  begin.run();
  try {
    for (const change of changes) {
      if (change.kind === "remove") removes.get(change.table)!.run(change.from, change.through);
      else for (const { key, value } of unpackRecords(change.records)) puts.get(change.table)!.run(key, value);
    }
    commit.run();
  } catch (error) {
    if (connection.isTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

function read({ reads }: Opened, table: string, after: number): Uint8Array {
  const records = new RecordPacker();
  for (const row of reads.get(table)!.iterate(after) as unknown as Iterable<readonly SQLOutputValue[]>) {
    const [key, value] = row;
    if (typeof key !== "number" || !(value instanceof Uint8Array)) {
      throw new Failure(
        "damaged",
        `table "${table}" after record ${after}: expected bytes under a number, found neither`,
      );
    }
    records.add(key, value);
    if (records.length >= PORTION_BYTES) break;
  }
  return records.take();
}

function close(): void {
  if (opened === undefined) return;
  const { path, connection, lock, mark } = opened;
  opened = undefined;
  try {
    if (!isBroken) connection.exec(`UPDATE "life" SET isOpen = 0`);
  } finally {
    mark.close();
    connection.close();
    lock.close();
  }
  if (!isBroken) refuseUnlessMoved(path);
}

/**
 * SQLite moves its log to the main file when a connection is closed, and removes it; it does not say when it cannot. We
 * do not do it ourselves before: after a failure SQLite would write to the same file once more.
 */
function refuseUnlessMoved(path: string): void {
  if (!existsSync(`${path}-wal`)) return;
  throw new Failure("broken", `disk I/O error: the newest changes of "${path}" are in "${path}-wal" still`);
}

function existing(): Opened {
  if (opened === undefined) throw new Failure("broken", "the database is not open");
  return opened;
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

function syncPath(path: string): void {
  const file = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** SQLite's codes, or the system's, as what can be done about them. Source: "Result and Error Codes", sqlite.org. */
function reasonOf(error: unknown): DatabaseFailureReason {
  if (error instanceof Failure) return error.reason;
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (code === "ENOSPC" || code === "EDQUOT") return "full";
  if (code === "ERR_OUT_OF_RANGE") return "damaged";
  switch ((errcode ?? 0) & 0xff) {
    case 13:
      return "full";
    case 5:
    case 6:
      return "locked";
    case 1:
    case 11:
    case 26:
      return "damaged";
    default:
      return "broken";
  }
}
