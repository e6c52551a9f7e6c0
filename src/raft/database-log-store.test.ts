import assert from "node:assert/strict";
import { test } from "node:test";
import { type Database, type DatabaseChange, DatabaseFailure, type DatabaseRecord } from "../runtime/index.ts";
import { diskWith } from "./core/core-cluster.ts";
import { DatabaseLogStore, newLogContent } from "./database-log-store.ts";
import { LogStoreBroken, LogStoreDamaged, LogStoreFull } from "./errors.ts";

/** A database that a test can spoil. */
class SpoilableDatabase implements Database {
  readonly tables = new Map<string, Map<number, Uint8Array>>([
    ["head", new Map()],
    ["log", new Map()],
  ]);
  failure: DatabaseFailure | undefined;

  constructor(content: readonly DatabaseChange[]) {
    for (const change of content) this.#make(change);
  }

  async write(changes: readonly DatabaseChange[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    for (const change of changes) this.#make(change);
  }

  async *read(table: string): AsyncIterable<readonly DatabaseRecord[]> {
    const records = [...this.tables.get(table)!].map(([key, value]) => ({ key, value }));
    yield records.sort((a, b) => a.key - b.key);
  }

  async close(): Promise<void> {}

  #make(change: DatabaseChange): void {
    const table = this.tables.get(change.table)!;
    if (change.kind === "put") for (const { key, value } of change.records) table.set(key, value);
    else for (const key of table.keys()) if (key >= change.from && key <= change.through) table.delete(key);
  }
}

async function written() {
  const database = new SpoilableDatabase(newLogContent("a"));
  const store = new DatabaseLogStore(database, "/data/raft/raft.db", "/data/raft");
  await store.load();
  await store.write([{ number: 1, ballot: { term: 1, votedFor: "a" }, entries: diskWith([1, 1, 1]).entries }]);
  return { database, store, again: new DatabaseLogStore(database, "/data/raft/raft.db", "/data/raft") };
}

test("any flipped bit of any record is seen, and the file and the remedy are named", async () => {
  const { database, again } = await written();
  for (const [table, records] of database.tables) {
    for (const [key, record] of records) {
      for (let bit = 0; bit < record.length * 8; bit++) {
        const spoiled = Uint8Array.from(record);
        spoiled[bit >> 3]! ^= 1 << (bit & 7);
        records.set(key, spoiled);
        const reading = again.load().then(() => again.identity());
        await assert.rejects(reading, LogStoreDamaged, `${table} ${key}, bit ${bit}`);
      }
      records.set(key, record);
    }
  }
  assert.equal((await again.load()).entries.length, 3);
});

test("a record that is cut short at any place is seen", async () => {
  const { database, again } = await written();
  const log = database.tables.get("log")!;
  const record = log.get(2)!;
  for (let length = 0; length < record.length; length++) {
    log.set(2, record.subarray(0, length));
    await assert.rejects(again.load(), LogStoreDamaged);
  }
});

const losses: Readonly<Record<string, (database: SpoilableDatabase) => void>> = {
  "the first entry": ({ tables }) => tables.get("log")!.delete(1),
  "one in the middle": ({ tables }) => tables.get("log")!.delete(2),
  "the last": ({ tables }) => tables.get("log")!.delete(3),
  "all of them": ({ tables }) => tables.get("log")!.clear(),
  "the head": ({ tables }) => tables.get("head")!.clear(),
  "an entry under another's place": ({ tables: { get }, tables }) => {
    const log = get.call(tables, "log")!;
    log.set(2, log.get(3)!);
  },
};

for (const [what, lose] of Object.entries(losses)) {
  test(`a log that has lost ${what} is not loaded as less`, async () => {
    const { database, again } = await written();
    lose(database);
    await assert.rejects(again.load(), LogStoreDamaged);
  });
}

test("an identity that has come under another key is missed, not taken for a log from before there were any", async () => {
  const { database, again } = await written();
  const head = database.tables.get("head")!;
  head.set(3, head.get(2)!);
  head.delete(2);
  await assert.rejects(again.identity(), LogStoreDamaged);
});

test("the message names the file, what was expected and found, and what to do", async () => {
  const { database, again } = await written();
  database.tables.get("log")!.delete(2);
  await assert.rejects(again.load(), {
    message:
      'Cannot start with what is on disk: "/data/raft/raft.db", expected entry 2, found entry 3. Nothing was changed. ' +
      'If most of the other servers are well, move "/data/raft" elsewhere and start again: this server then gets ' +
      "everything from them; else restore a backup of it",
  });
});

test("a full disk and a broken one are told apart", async () => {
  const { database, store } = await written();
  const entries = [{ kind: "barrier", index: 4, term: 1 }] as const;
  database.failure = new DatabaseFailure("full", "/data/raft/raft.db", "database or disk is full");
  await assert.rejects(store.write([{ number: 2, entries }]), LogStoreFull);
  database.failure = undefined;
  await store.write([{ number: 2, entries }]);
  database.failure = new DatabaseFailure("broken", "/data/raft/raft.db", "disk I/O error");
  await assert.rejects(store.write([{ number: 3, entries: [] }]), LogStoreBroken);
  database.failure = undefined;
  assert.equal((await store.load()).entries.length, 4);
});
