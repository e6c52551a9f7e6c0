import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../base/index.ts";
import { NodeDisk, SqliteDatabases } from "../runtime/node/index.ts";
import { diskWith, voter } from "./core/core-cluster.ts";
import { LOG_LAYOUT } from "./database-log-store.ts";
import { LogStoreBroken, LogStoreDamaged } from "./errors.ts";
import { recordingLog } from "./host-harness.ts";
import { openRaftStorage, type RaftStorage } from "./open-storage.ts";

const disk = new NodeDisk();
const databases = new SqliteDatabases();
const random = new SeededRandom("storage");

async function inDirectory(run: (directory: string, open: () => Promise<RaftStorage>) => Promise<void>): Promise<void> {
  const parent = await disk.makeTemporaryDirectory("raft-storage-");
  const directory = `${parent}/raft`;
  try {
    await run(directory, () => openRaftStorage({ disk, databases, log: recordingLog([]), random }, directory));
  } finally {
    await disk.removeTree(parent);
  }
}

/** A log with three entries, the first two also in a snapshot. */
async function fill(open: () => Promise<RaftStorage>): Promise<void> {
  const { store, snapshots } = await open();
  await store.load();
  await snapshots.load();
  await store.write([{ number: 1, ballot: { term: 1 }, entries: diskWith([1, 1, 1]).entries }]);
  await snapshots.write({ index: 2, term: 1, members: [voter("a")], membersIndex: 1 }, textAsPieces("state"));
  await store.close();
}

async function* textAsPieces(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

test("a new server begins empty, and finds what it wrote; all is for its owner only", () =>
  inDirectory(async (directory, open) => {
    await fill(open);
    const { store, snapshots } = await open();
    assert.equal((await store.load()).entries.length, 3);
    assert.equal((await snapshots.load()).whole.length, 1);
    for (const path of [directory, `${directory}/snapshots`]) {
      assert.equal((await disk.status(path)).mode & 0o777, 0o700);
      for (const { name, isFile, mode } of await disk.list(path)) {
        if (isFile) assert.equal(mode & 0o777, 0o600, name);
      }
    }
    await store.close();
  }));

test("a second process is told that the first has the files", () =>
  inDirectory(async (_, open) => {
    const { store } = await open();
    await assert.rejects(open(), (error: unknown) => error instanceof LogStoreBroken && /in use/.test(error.message));
    await store.close();
  }));

const losses: Readonly<Record<string, (directory: string) => Promise<void>>> = {
  "the database is gone": (directory) => disk.remove(`${directory}/raft.db`),
  "the database is empty": (directory) => disk.writeAtomically(`${directory}/raft.db`, new Uint8Array()),
  "the database is gone and so is the marker": async (directory) => {
    await disk.remove(`${directory}/raft.db`);
    await disk.remove(`${directory}/initialized`);
  },
  "the database and all others are gone but what is only there beside a database": async (directory) => {
    await disk.remove(`${directory}/raft.db`);
    await disk.remove(`${directory}/initialized`);
    await disk.removeTree(`${directory}/snapshots`);
  },
  "the database is gone and so are the snapshots": async (directory) => {
    await disk.remove(`${directory}/raft.db`);
    await disk.removeTree(`${directory}/snapshots`);
  },
};

for (const [what, lose] of Object.entries(losses)) {
  test(`a server does not begin anew although there was something: ${what}`, () =>
    inDirectory(async (directory, open) => {
      await fill(open);
      await lose(directory);
      await assert.rejects(open(), (error: unknown) => {
        assert.equal(error instanceof LogStoreDamaged, true, String(error));
        assert.match(String(error), /raft\.db".*Nothing was changed.*move ".*raft" elsewhere/);
        return true;
      });
    }));
}

test("T51: a directory that others could read is closed to them, and it is said", () =>
  inDirectory(async (directory) => {
    await disk.makeDirectory(directory, 0o755);
    const lines: string[] = [];
    const runtime = { disk, databases, random, log: recordingLog(lines) };
    const { store } = await openRaftStorage(runtime, directory);
    assert.equal((await disk.status(directory)).mode & 0o777, 0o700);
    assert.deepEqual(lines, ["[WARN] raft: others could read what this server keeps, it is closed to them now"]);
    await store.close();
  }));

test("a log that lacks the snapshot before it names its file, and what to move away", () =>
  inDirectory(async (directory, open) => {
    await fill(open);
    const { store } = await open();
    const message = store.misfit("the snapshot is missing").message;
    assert.match(message, /raft\.db": the snapshot is missing\. Nothing was changed\..* move ".*raft" elsewhere/);
    assert.equal(message.includes(`move "${directory}" elsewhere`), true);
    await store.close();
  }));

test("when all is gone the server is new, and another than the one it was", () =>
  inDirectory(async (directory, open) => {
    const idNow = async () => {
      const { store, id } = await open();
      await store.close();
      return id;
    };
    await fill(open);
    const before = await idNow();
    assert.equal(await idNow(), before, "a server keeps its name");
    await disk.removeTree(directory);
    assert.notEqual(await idNow(), before);
    const { store } = await open();
    assert.deepEqual((await store.load()).entries, []);
    await store.close();
  }));

test("a log from before servers had names says none", () =>
  inDirectory(async (directory, open) => {
    await fill(open);
    const database = await databases.open(`${directory}/raft.db`, LOG_LAYOUT, () => {});
    await database.write([{ kind: "remove", table: "head", from: 2, through: 2 }]);
    await database.close();
    const { store, id } = await open();
    assert.equal(id, undefined);
    await store.close();
  }));
