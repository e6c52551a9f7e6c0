import { chmodSync, closeSync, constants, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import type { DatabaseLayout } from "../database.ts";
import { ConfirmedMark } from "./sqlite-confirmed.ts";
import { reasonOf, SqliteFailure } from "./sqlite-failure.ts";
import { APPLICATION_ID, inspectFiles } from "./sqlite-inspection.ts";
import {
  type PackedChange,
  RecordPacker,
  type SqliteAnswer,
  type SqliteRequest,
  unpackRecords,
} from "./sqlite-messages.ts";

const PORTION_BYTES = 1024 * 1024;

/** A database with the statements for its tables. */
interface Statements {
  readonly connection: DatabaseSync;
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly puts: ReadonlyMap<string, StatementSync>;
  readonly removes: ReadonlyMap<string, StatementSync>;
  readonly reads: ReadonlyMap<string, StatementSync>;
}

/** The database that is kept; the lock is held so that nobody else looks into its files meanwhile. */
interface Opened extends Statements {
  readonly path: string;
  readonly lock: DatabaseSync;
  readonly mark: ConfirmedMark;
}

/** Keeps one database of SQLite's, in whatever thread it is asked. */
export class SqliteKeeper {
  #opened: Opened | undefined;
  /** A write or a sync has failed, and nobody knows what of it is on disk: nothing more is written through what is open. */
  #isBroken = false;

  answer(request: SqliteRequest): SqliteAnswer {
    try {
      return { ok: true, result: this.#carryOut(request) };
    } catch (error) {
      return { ok: false, reason: reasonOf(error), message: (error as Error).message };
    }
  }

  #carryOut(request: SqliteRequest): unknown {
    switch (request.kind) {
      case "create":
        return create(request.path, request.layout, request.content);
      case "open":
        return this.#open(request.path, request.layout);
      case "write":
        return this.#confirm(request.changes);
      case "read":
        return read(this.#existing(), request.table, request.after);
      case "close":
        return this.#close();
    }
  }

  /** How many bytes a crash had left of an unfinished transaction. */
  #open(path: string, layout: DatabaseLayout): number {
    const lock = takeLock(path);
    let connection: DatabaseSync | undefined;
    try {
      const tornBytes = inspectFiles(path, layout);
      connection = new DatabaseSync(path);
      configure(connection);
      // From here on the main file says that there is a write-ahead log which belongs to it.
      connection.exec(`UPDATE "life" SET isOpen = 1; PRAGMA wal_checkpoint(FULL)`);
      const statements = statementsOf(connection, layout);
      const mark = new ConfirmedMark(path, connection);
      mark.write();
      this.#opened = { ...statements, path, lock, mark };
      return tornBytes;
    } catch (error) {
      connection?.close();
      lock.close();
      throw error;
    }
  }

  /** A write that is on disk when this returns, and is missed from then on where it is not found. */
  #confirm(changes: readonly PackedChange[]): void {
    const database = this.#existing();
    if (this.#isBroken) throw new SqliteFailure("broken", "a write before this one has failed");
    try {
      write(database, changes);
    } catch (error) {
      this.#isBroken = reasonOf(error) !== "full";
      throw error;
    }
    database.mark.write();
  }

  #close(): void {
    if (this.#opened === undefined) return;
    const { path, connection, lock, mark } = this.#opened;
    this.#opened = undefined;
    try {
      if (!this.#isBroken) connection.exec(`UPDATE "life" SET isOpen = 0`);
    } finally {
      mark.close();
      connection.close();
      lock.close();
    }
    if (!this.#isBroken) refuseUnlessMoved(path);
  }

  #existing(): Opened {
    if (this.#opened === undefined) throw new SqliteFailure("broken", "the database is not open");
    return this.#opened;
  }
}

/** Made under another name, so that a crash leaves none or a whole one. */
function create(path: string, layout: DatabaseLayout, content: readonly PackedChange[]): void {
  if (existsSync(path) || existsSync(`${path}-wal`)) throw new SqliteFailure("unreadable", `"${path}" exists already`);
  const unfinished = `${path}.new`;
  for (const suffix of ["", "-wal", "-journal"]) rmSync(`${unfinished}${suffix}`, { force: true });
  closeSync(openSync(unfinished, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600));
  chmodSync(unfinished, 0o600);
  const connection = new DatabaseSync(unfinished);
  try {
    configure(connection);
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

/** The system frees this lock when the process ends, however that happens; the file stays and means nothing. */
function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}-lock`);
  try {
    chmodSync(`${path}-lock`, 0o600);
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    throw reasonOf(error) === "locked" ? new SqliteFailure("locked", `"${path}" is in use by another process`) : error;
  }
}

function configure(connection: DatabaseSync): void {
  // Without a spilling cache no page is written twice in a transaction, which `inspectWal` counts on.
  connection.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA cache_spill = OFF; PRAGMA cell_size_check = ON`);
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
  let before = after;
  for (const row of reads.get(table)!.iterate(after) as unknown as Iterable<readonly SQLOutputValue[]>) {
    const [key, value] = row;
    if (typeof key !== "number" || !(value instanceof Uint8Array)) {
      throw new SqliteFailure(
        "damaged",
        `table "${table}" after record ${before}: expected bytes under a number, found neither`,
      );
    }
    // SQLite counts on the order in the file, and whoever asks for what comes after a record would ask for ever.
    if (key <= before) {
      throw new SqliteFailure("damaged", `table "${table}" after record ${before}: expected a later one, found ${key}`);
    }
    records.add(key, value);
    before = key;
    if (records.length >= PORTION_BYTES) break;
  }
  return records.take();
}

/**
 * SQLite moves its log to the main file when a connection is closed, and removes it; it does not say when it cannot. We
 * do not do it ourselves before: after a failure SQLite would write to the same file once more.
 */
function refuseUnlessMoved(path: string): void {
  if (!existsSync(`${path}-wal`)) return;
  throw new SqliteFailure("broken", `disk I/O error: the newest changes of "${path}" are in "${path}-wal" still`);
}

function syncPath(path: string): void {
  const file = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
