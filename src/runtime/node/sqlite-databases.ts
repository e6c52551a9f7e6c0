import { existsSync, renameSync } from "node:fs";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import {
  type Database,
  type DatabaseChange,
  DatabaseFailure,
  type DatabaseLayout,
  type DatabaseRecord,
  type Databases,
} from "../database.ts";
import { packChanges, type SqliteAnswer, type SqliteRequest, unpackRecords } from "./sqlite-messages.ts";

/** Beside this file, and beside the program that is built from it. */
const program = join(import.meta.dirname, `sqlite-thread${extname(import.meta.filename)}`);

/** What a database may consist of, beside each other. */
const databaseFiles = ["", "-wal", "-confirmed", "-lock"];

/** Whoever keeps one database, and answers requests in their order. A refusal rejects with `DatabaseFailure`. */
export interface DatabaseKeeper {
  ask(request: SqliteRequest): Promise<unknown>;
  /** Resolves when nothing is open any more. */
  close(): Promise<void>;
}

/** SQLite databases, each kept by a thread of its own: a sync that takes its time holds up nothing else. */
export class SqliteDatabases implements Databases {
  readonly #keeperOf: (path: string) => DatabaseKeeper;

  /** Tests that open thousands keep them without a thread, which costs ten times what opening does. */
  constructor(keeperOf: (path: string) => DatabaseKeeper = (path) => new SqliteThread(path)) {
    this.#keeperOf = keeperOf;
  }

  async exists(path: string): Promise<boolean> {
    return existsSync(path) || existsSync(`${path}-wal`);
  }

  async create(path: string, layout: DatabaseLayout, content: readonly DatabaseChange[] = []): Promise<void> {
    const keeper = this.#keeperOf(path);
    try {
      await keeper.ask({ kind: "create", path, layout, content: packChanges(content) });
    } finally {
      await keeper.close();
    }
  }

  async setAside(path: string, aside: string): Promise<void> {
    for (const suffix of databaseFiles) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }

  async open(path: string, layout: DatabaseLayout, tornTail: (bytes: number) => void): Promise<Database> {
    const keeper = this.#keeperOf(path);
    try {
      const tornBytes = (await keeper.ask({ kind: "open", path, layout })) as number;
      if (tornBytes > 0) tornTail(tornBytes);
      return new SqliteDatabase(keeper);
    } catch (error) {
      await keeper.close();
      throw error;
    }
  }
}

class SqliteDatabase implements Database {
  readonly #keeper: DatabaseKeeper;

  constructor(keeper: DatabaseKeeper) {
    this.#keeper = keeper;
  }

  async write(changes: readonly DatabaseChange[]): Promise<void> {
    await this.#keeper.ask({ kind: "write", changes: packChanges(changes) });
  }

  async *read(table: string): AsyncIterable<readonly DatabaseRecord[]> {
    const ask = (after: number) => this.#keeper.ask({ kind: "read", table, after }) as Promise<Uint8Array>;
    let portion = unpackRecords(await ask(-1));
    while (portion.length > 0) {
      // The keeper reads the next portion while this one is used.
      const next = ask(portion.at(-1)!.key);
      next.catch(() => undefined);
      yield portion;
      portion = unpackRecords(await next);
    }
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }
}

/** A thread that answers requests in their order. */
class SqliteThread implements DatabaseKeeper {
  readonly #path: string;
  readonly #worker = new Worker(program);
  readonly #waiting: PromiseWithResolvers<unknown>[] = [];
  readonly #ended: Promise<void>;
  #isClosing = false;
  #failure: DatabaseFailure | undefined;

  constructor(path: string) {
    this.#path = path;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    this.#worker.on("message", (answer: SqliteAnswer) => this.#answered(answer));
    this.#worker.on("error", (error) => this.#broke(error.message));
    this.#worker.on("exit", () => {
      this.#broke("its thread has ended");
      resolve();
    });
  }

  ask(request: SqliteRequest): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.push(answer);
    this.#worker.ref();
    this.#worker.postMessage(request, memoryOf(request));
    return answer.promise;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = this.#failure === undefined ? this.ask({ kind: "close" }) : undefined;
    try {
      await closed;
    } finally {
      await this.#ended;
    }
  }

  #answered(answer: SqliteAnswer): void {
    const waiting = this.#waiting.shift();
    // A database that nothing is asked of keeps no process alive.
    if (this.#waiting.length === 0 && !this.#isClosing) this.#worker.unref();
    if (answer.ok) waiting?.resolve(answer.result);
    else waiting?.reject(new DatabaseFailure(answer.reason, this.#path, answer.message));
  }

  #broke(message: string): void {
    this.#failure ??= new DatabaseFailure("broken", this.#path, message);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }
}

/** What is handed over with a request instead of being copied: all its records are in one piece. */
function memoryOf(request: SqliteRequest): ArrayBuffer[] {
  const change = request.kind === "write" ? request.changes.find(({ kind }) => kind === "put") : undefined;
  return change?.kind === "put" ? [change.records.buffer] : [];
}
