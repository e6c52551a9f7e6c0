import { assert } from "../base/index.ts";
import { type Database, type DatabaseChange, DatabaseFailure } from "../runtime/index.ts";
import { MalformedBytes } from "./binary.ts";
import type { DurableBatch, DurableState } from "./core/effects.ts";
import type { LogEntry } from "./core/log-entry.ts";
import type { ServerID } from "./core/membership.ts";
import { LOG_START } from "./core/snapshot.ts";
import { LogStoreBroken, LogStoreDamaged, LogStoreFull } from "./errors.ts";
import {
  decodeEntry,
  decodeHead,
  decodeIdentity,
  encodeEntry,
  encodeHead,
  encodeIdentity,
  type LogHead,
} from "./log-record.ts";
import type { LogStore } from "./log-store.ts";

/** Entries by their index; the head under key 1, and under key 2 whose log it is. Format 1. */
export const LOG_LAYOUT = { format: 1, tables: ["head", "log"] } as const;
const [HEAD_KEY, IDENTITY_KEY] = [1, 2];

const NEW_LOG: LogHead = { ballot: { term: 0 }, base: LOG_START, last: LOG_START };

/** What the new log of server `id` holds. */
export function newLogContent(id: ServerID): readonly DatabaseChange[] {
  const records = [
    { key: HEAD_KEY, value: encodeHead(NEW_LOG) },
    { key: IDENTITY_KEY, value: encodeIdentity(id) },
  ];
  return [{ kind: "put", table: "head", records }];
}

/** A log in a database, the head and the entries of a write in one transaction. Every record bears a checksum. */
export class DatabaseLogStore implements LogStore {
  readonly #database: Database;
  readonly #path: string;
  readonly #directory: string;
  #head = NEW_LOG;

  /** `database` has the file `path`; `directory` is what an operator sets aside when it is damaged. */
  constructor(database: Database, path: string, directory: string) {
    this.#database = database;
    this.#path = path;
    this.#directory = directory;
  }

  load(): Promise<DurableState> {
    return this.#explaining(async () => {
      const head = (await this.#readHeads()).get(HEAD_KEY);
      if (head === undefined) throw new MalformedBytes("expected the head, found none");
      this.#head = decoded("the head", () => decodeHead(head));
      const { ballot, base } = this.#head;
      return { ballot, base, entries: await this.#readEntries(this.#head) };
    });
  }

  /** Whose log this is; undefined where servers had no name but their address, before logs said it. */
  identity(): Promise<ServerID | undefined> {
    return this.#explaining(async () => {
      const record = (await this.#readHeads()).get(IDENTITY_KEY);
      return record && decoded("the server's identity", () => decodeIdentity(record));
    });
  }

  async write(batches: readonly DurableBatch[]): Promise<void> {
    const changes: DatabaseChange[] = [];
    let head = this.#head;
    for (const batch of batches) {
      changes.push(...changesFor(batch, head));
      head = headAfter(batch, head);
    }
    const records = [{ key: HEAD_KEY, value: encodeHead(head) }];
    await this.#explaining(() => this.#database.write([...changes, { kind: "put", table: "head", records }]));
    this.#head = head;
  }

  misfit(found: string): Error {
    return new LogStoreDamaged(this.#directory, `"${this.#path}": ${found}`);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #readHeads(): Promise<ReadonlyMap<number, Uint8Array>> {
    const found = new Map<number, Uint8Array>();
    for await (const records of this.#database.read("head")) {
      for (const { key, value } of records) {
        // A log without an identity is an old one, so one that has come under another key must not pass for that.
        if (key !== HEAD_KEY && key !== IDENTITY_KEY)
          throw new MalformedBytes(`expected the head, found record ${key}`);
        found.set(key, value);
      }
    }
    return found;
  }

  async #readEntries({ base, last }: LogHead): Promise<readonly LogEntry[]> {
    const entries: LogEntry[] = [];
    let next = base.index + 1;
    for await (const records of this.#database.read("log")) {
      for (const { key, value } of records) {
        if (key !== next) throw new MalformedBytes(`expected entry ${next}, found entry ${key}`);
        entries.push(decoded(`entry ${key}`, () => decodeEntry(key, value)));
        next++;
      }
    }
    const found = entries.at(-1) ?? base;
    if (found.index !== last.index || found.term !== last.term) {
      throw new MalformedBytes(
        `expected the log to end with entry ${last.index} of term ${last.term}, found ${found.index} of term ${found.term}`,
      );
    }
    return entries;
  }

  async #explaining<Value>(act: () => Promise<Value>): Promise<Value> {
    try {
      return await act();
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #explained(error: unknown): unknown {
    if (error instanceof MalformedBytes) {
      return new LogStoreDamaged(this.#directory, `"${this.#path}", ${error.message}`, { cause: error });
    }
    return error instanceof DatabaseFailure ? explainedFailure(error, this.#directory) : error;
  }
}

/** What a failure of the database at `error.path` means for a log that is kept in `directory`. */
export function explainedFailure(error: DatabaseFailure, directory: string): Error {
  switch (error.reason) {
    case "full":
      return new LogStoreFull(`"${error.path}"`, error.message);
    case "damaged":
      return new LogStoreDamaged(directory, named(error), { cause: error });
    case "locked":
    case "unreadable":
    case "broken":
      return new LogStoreBroken(error.path, error.message, { cause: error });
  }
}

function named({ message, path }: DatabaseFailure): string {
  return message.includes(path) ? message : `"${path}": ${message}`;
}

function changesFor({ truncateFrom, base, entries }: DurableBatch, head: LogHead): DatabaseChange[] {
  const changes: DatabaseChange[] = [];
  if (truncateFrom !== undefined) {
    changes.push({
      kind: "remove",
      table: "log",
      from: truncateFrom,
      through: Math.max(truncateFrom, head.last.index),
    });
  }
  if (base !== undefined) changes.push({ kind: "remove", table: "log", from: 0, through: base.index });
  if (entries.length > 0) {
    const records = entries.map((entry) => ({ key: entry.index, value: encodeEntry(entry) }));
    changes.push({ kind: "put", table: "log", records });
  }
  return changes;
}

function headAfter({ ballot, truncateFrom, base, entries }: DurableBatch, head: LogHead): LogHead {
  const newest = entries.at(-1);
  const isEmptied = base !== undefined && (truncateFrom !== undefined || base.index >= head.last.index);
  assert(newest !== undefined || truncateFrom === undefined || isEmptied, "what is truncated is replaced");
  const last = newest ?? (isEmptied ? base : head.last);
  return {
    ballot: ballot ?? head.ballot,
    base: base ?? head.base,
    last: { index: last.index, term: last.term },
  };
}

function decoded<Value>(what: string, decode: () => Value): Value {
  try {
    return decode();
  } catch (error) {
    throw error instanceof MalformedBytes ? new MalformedBytes(`${what}: ${error.message}`) : error;
  }
}
