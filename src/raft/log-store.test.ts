import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../base/index.ts";
import { ManualClock, MemoryDatabases } from "../runtime/index.ts";
import { NodeDisk, SqliteDatabases } from "../runtime/node/index.ts";
import { diskWith, voter } from "./core/core-cluster.ts";
import { LOG_START } from "./core/snapshot.ts";
import { DatabaseLogStore, LOG_LAYOUT, newLogContent } from "./database-log-store.ts";
import type { LogStore } from "./log-store.ts";
import { MemoryLogStore } from "./memory-log-store.ts";

/** A store that is empty, and how to have it again as after a restart. */
interface Bench {
  readonly store: LogStore;
  reopen(): Promise<LogStore>;
  end(): Promise<void>;
}

async function inMemory(): Promise<Bench> {
  const store = new MemoryLogStore();
  return { store, reopen: async () => store, end: async () => undefined };
}

async function inSimulatedDatabase(): Promise<Bench> {
  const clock = new ManualClock();
  const databases = new MemoryDatabases(
    { now: () => clock.now(), wallTime: () => clock.now(), at: () => () => {}, sleep: async () => undefined },
    new SeededRandom("disk"),
  );
  await databases.create("/raft.db", LOG_LAYOUT, newLogContent("a"));
  const open = async () => new DatabaseLogStore(await databases.open("/raft.db"), "/raft.db", "/");
  const store = await open();
  return { store, reopen: () => store.close().then(open), end: async () => undefined };
}

async function inSqlite(): Promise<Bench> {
  const disk = new NodeDisk();
  const directory = await disk.makeTemporaryDirectory("raft-log-");
  const databases = new SqliteDatabases();
  const path = `${directory}/raft.db`;
  await databases.create(path, LOG_LAYOUT, newLogContent("a"));
  const open = async () => {
    const database = await databases.open(path, LOG_LAYOUT, () => assert.fail("nothing was torn"));
    return new DatabaseLogStore(database, path, directory);
  };
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    end: async () => {
      await store.close();
      await disk.removeTree(directory);
    },
  };
}

for (const [name, bench] of Object.entries({ inMemory, inSimulatedDatabase, inSqlite })) {
  test(`${name}: the newest ballot and the entries that were not truncated come back, as they were`, async () => {
    const { store, reopen, end } = await bench();
    const [one, two, three] = diskWith([1, 1, 1]).entries;
    const members = { kind: "members", index: 2, term: 2, members: [voter("a"), voter("b")] } as const;
    const barrier = { kind: "barrier", index: 3, term: 2 } as const;
    assert.deepEqual(await store.load(), { ballot: { term: 0 }, base: LOG_START, entries: [] });
    await store.write([
      { number: 1, ballot: { term: 1, votedFor: "a" }, entries: [one!] },
      { number: 2, entries: [two!, three!] },
    ]);
    await store.write([{ number: 3, ballot: { term: 2 }, truncateFrom: 2, entries: [members, barrier] }]);
    const loaded = await (await reopen()).load();
    assert.deepEqual(plain(loaded), plain({ ballot: { term: 2 }, base: LOG_START, entries: [one, members, barrier] }));
    await end();
  });

  test(`${name}: a log that a snapshot has cut goes on after it, and one that it replaced begins anew`, async () => {
    const { store, reopen, end } = await bench();
    const entries = diskWith([1, 1, 2, 2]).entries;
    await store.load();
    await store.write([{ number: 1, entries }]);
    await store.write([{ number: 2, base: { index: 2, term: 1 }, entries: [] }]);
    let again = await reopen();
    const cut = await again.load();
    assert.deepEqual(
      plain(cut),
      plain({ ballot: { term: 0 }, base: { index: 2, term: 1 }, entries: entries.slice(2) }),
    );
    const base = { index: 9, term: 3 };
    await again.write([{ number: 1, truncateFrom: 3, base, entries: [] }]);
    await again.write([{ number: 2, entries: [{ kind: "barrier", index: 10, term: 3 }] }]);
    again = await reopen();
    assert.deepEqual(await again.load(), {
      ballot: { term: 0 },
      base,
      entries: [{ kind: "barrier", index: 10, term: 3 }],
    });
    await end();
  });
}

/** Bytes as text: a Buffer and a Uint8Array with the same bytes are the same here. */
function plain(state: unknown): unknown {
  return JSON.parse(
    JSON.stringify(state, (_, value) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString();
      return value?.type === "Buffer" ? Buffer.from(value.data).toString() : value;
    }),
  );
}
