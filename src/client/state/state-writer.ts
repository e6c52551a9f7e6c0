import { seconds } from "../../base/index.ts";
import {
  type Clock,
  type Database,
  type DatabaseChange,
  DatabaseFailure,
  type Log,
  pause,
} from "../../runtime/index.ts";

/** How soon what found no room on the disk is tried again. */
const tryAgainAfter = seconds(1);

/**
 * Writes records to a database, many at once: while one write is under way the next gathers, of several records under
 * one key only the last. Never rejects: a client whose disk is full or broken goes on without a memory, says so once,
 * and finds what runs by the directories of the runs when it is started again.
 */
export class StateWriter {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #closing = new AbortController();
  #gathered = new Map<string, DatabaseChange>();
  #next = Promise.withResolvers<void>();
  #working: Promise<void> | undefined;
  #isBroken = false;
  #isFull = false;

  constructor(database: Database, clock: Clock, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  /** Resolves when the record would survive power loss, or cannot be written for now. */
  put(table: string, key: number, value: Uint8Array): Promise<void> {
    return this.#change(table, key, { kind: "put", table, records: [{ key, value }] });
  }

  remove(table: string, key: number): Promise<void> {
    return this.#change(table, key, { kind: "remove", table, from: key, through: key });
  }

  /** Writes what is gathered and closes the database. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
    await this.#database.close().catch((error) => this.#broke(error));
  }

  #change(table: string, key: number, change: DatabaseChange): Promise<void> {
    if (this.#isBroken) return Promise.resolve();
    this.#gathered.set(`${table} ${key}`, change);
    const { promise } = this.#next;
    this.#working ??= this.#writeAll();
    return promise;
  }

  async #writeAll(): Promise<void> {
    // What else is put in the same turn goes into the same write.
    await Promise.resolve();
    while (this.#gathered.size > 0 && !this.#isBroken) {
      const [batch, { resolve }] = [this.#gathered, this.#next];
      this.#gathered = new Map();
      this.#next = Promise.withResolvers();
      const failure = await this.#write(batch);
      resolve();
      if (failure === undefined) continue;
      this.#gathered = new Map([...batch, ...this.#gathered]);
      if (!(await pause(this.#clock, tryAgainAfter, this.#closing.signal))) break;
    }
    this.#next.resolve();
    this.#next = Promise.withResolvers();
    this.#working = undefined;
  }

  /** What is to be tried again gives its failure. */
  async #write(batch: ReadonlyMap<string, DatabaseChange>): Promise<DatabaseFailure | undefined> {
    try {
      await this.#database.write([...batch.values()]);
      if (this.#isFull) this.#log.info("the disk has room again: the state of tasks is kept");
      this.#isFull = false;
      return undefined;
    } catch (error) {
      if (!(error instanceof DatabaseFailure) || error.reason !== "full") {
        this.#broke(error);
        return undefined;
      }
      if (!this.#isFull) {
        this.#log.error("the state of tasks cannot be kept for now: the disk is full", { reason: error.message });
      }
      this.#isFull = true;
      return error;
    }
  }

  #broke(error: unknown): void {
    this.#isBroken = true;
    this.#gathered.clear();
    this.#log.error("the state of tasks is not kept any more, tasks go on", { reason: String(error) });
  }
}
