import assert from "node:assert/strict";
import { appendFile, readFile, stat, truncate, unlink, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import type { Database, DatabaseFailureReason, DatabaseRecord } from "../database.ts";
import { NodeDisk } from "./node-disk.ts";
import { SqliteDatabases } from "./sqlite-databases.ts";

const layout = { format: 1, tables: ["head", "log"] };
const databases = new SqliteDatabases();
const disk = new NodeDisk();

const neverTorn = () => assert.fail("nothing was torn");

async function inDirectory(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await disk.makeTemporaryDirectory("sqlite-");
  try {
    await run(`${directory}/a.db`);
  } finally {
    await disk.removeTree(directory);
  }
}

const record = (key: number, text: string): DatabaseRecord => ({ key, value: Buffer.from(text) });

async function contentOf(database: Database, table = "log"): Promise<readonly (readonly [number, string])[]> {
  const found: [number, string][] = [];
  for await (const portion of database.read(table)) {
    for (const { key, value } of portion) found.push([key, Buffer.from(value).toString()]);
  }
  return found;
}

/** A database with three writes of one record, as a process that was killed leaves it: copied while it is open. */
async function leftOpen(path: string): Promise<void> {
  const living = `${path}.living`;
  await databases.create(living, layout);
  const database = await databases.open(living, layout, neverTorn);
  for (const key of [1, 2, 3]) await database.write([{ kind: "put", table: "log", records: [record(key, `v${key}`)] }]);
  for (const suffix of ["", "-wal"]) await writeFile(`${path}${suffix}`, await readFile(`${living}${suffix}`));
  await database.close();
}

async function refusedAs(path: string, reason: DatabaseFailureReason, message: RegExp): Promise<void> {
  const before = await filesAt(path);
  await assert.rejects(databases.open(path, layout, neverTorn), { name: "DatabaseFailure", reason, message });
  assert.deepEqual(await filesAt(path), before, "what is refused is not changed");
}

async function filesAt(path: string): Promise<readonly (string | undefined)[]> {
  const read = async (suffix: string) =>
    (await readFile(`${path}${suffix}`).catch(() => undefined))?.toString("base64");
  return Promise.all(["", "-wal"].map(read));
}

test("what was written is there again, changes in their order, tables apart", () =>
  inDirectory(async (path) => {
    await databases.create(path, layout, [{ kind: "put", table: "head", records: [record(1, "first")] }]);
    const database = await databases.open(path, layout, neverTorn);
    await database.write([
      { kind: "put", table: "log", records: [1, 2, 3, 2 ** 40].map((key) => record(key, `v${key}`)) },
      { kind: "remove", table: "log", from: 2, through: 3 },
      { kind: "put", table: "log", records: [record(2, "again")] },
    ]);
    await database.close();
    const reopened = await databases.open(path, layout, neverTorn);
    assert.deepEqual(await contentOf(reopened), [
      [1, "v1"],
      [2, "again"],
      [2 ** 40, `v${2 ** 40}`],
    ]);
    assert.deepEqual(await contentOf(reopened, "head"), [[1, "first"]]);
    await reopened.close();
  }));

test("a table larger than a portion is read whole, in the order of its keys", () =>
  inDirectory(async (path) => {
    await databases.create(path, layout);
    const database = await databases.open(path, layout, neverTorn);
    const value = Buffer.alloc(1000, 7);
    const records = Array.from({ length: 5000 }, (_, key) => ({ key, value }));
    await database.write([{ kind: "put", table: "log", records }]);
    const keys: number[] = [];
    for await (const portion of database.read("log")) keys.push(...portion.map(({ key }) => key));
    assert.deepEqual(
      keys,
      records.map(({ key }) => key),
    );
    await database.close();
  }));

test("its files are for their owner only", () =>
  inDirectory(async (path) => {
    await databases.create(path, layout);
    const database = await databases.open(path, layout, neverTorn);
    for (const suffix of ["", "-wal", "-lock", "-confirmed"])
      assert.equal((await stat(`${path}${suffix}`)).mode & 0o777, 0o600);
    await database.close();
  }));

test("nobody opens what somebody has open", () =>
  inDirectory(async (path) => {
    await databases.create(path, layout);
    const database = await databases.open(path, layout, neverTorn);
    await refusedAs(path, "locked", /in use by another process/);
    await database.close();
    await (await databases.open(path, layout, neverTorn)).close();
  }));

test("what a killed process had written is there", () =>
  inDirectory(async (path) => {
    await leftOpen(path);
    const database = await databases.open(path, layout, neverTorn);
    assert.equal((await contentOf(database)).length, 3);
    await database.close();
  }));

test("the last write, cut short at any place, is undone alone and its bytes are told", () =>
  inDirectory(async (path) => {
    await leftOpen(path);
    const wal = await readFile(`${path}-wal`);
    const main = await readFile(path);
    const frameBytes = 24 + 4096;
    const lastWrite = wal.length - frameBytes;
    for (const size of [lastWrite + 1, lastWrite + 24, lastWrite + 2000, wal.length - 1]) {
      await writeFile(path, main);
      await writeFile(`${path}-wal`, wal.subarray(0, size));
      const torn: number[] = [];
      const database = await databases.open(path, layout, (bytes) => torn.push(bytes));
      assert.equal((await contentOf(database)).length, 2);
      assert.equal(torn.length, size < lastWrite + 24 ? 0 : 1);
      await database.close();
    }
  }));

test("a flipped bit in a write that others followed is damage, told with file and offset, never a shorter log", () =>
  inDirectory(async (path) => {
    await leftOpen(path);
    const wal = await readFile(`${path}-wal`);
    const frameBytes = 24 + 4096;
    const firstOfThree = 32 + (Math.floor((wal.length - 32) / frameBytes) - 3) * frameBytes;
    for (const at of [0, 9, 20, firstOfThree, firstOfThree + 9, firstOfThree + 17, firstOfThree + 4000]) {
      const spoiled = Uint8Array.from(wal);
      spoiled[at]! ^= 0x40;
      await writeFile(`${path}-wal`, spoiled);
      await refusedAs(path, "damaged", /a\.db-wal" at offset \d+: expected a valid/);
    }
  }));

test("a write that was confirmed is missed, whether its end is cut off or spoiled", () =>
  inDirectory(async (path) => {
    await leftOpen(path);
    const [wal, main, mark] = await Promise.all(
      ["-wal", "", "-confirmed"].map((suffix) =>
        readFile(`${suffix === "-confirmed" ? `${path}.living` : path}${suffix}`),
      ),
    );
    const put = async (bytes: Uint8Array) => {
      await writeFile(path, main!);
      await writeFile(`${path}-wal`, bytes);
      await writeFile(`${path}-confirmed`, mark!);
    };
    const lastWrite = wal!.length - (24 + 4096);
    for (const size of [32, 100, lastWrite, lastWrite + 1, wal!.length - 1]) {
      await put(wal!.subarray(0, size));
      await refusedAs(path, "damaged", /a\.db-wal.*(as was confirmed up to offset \d+, found|found 32 bytes)/);
    }
    for (const at of [lastWrite, lastWrite + 4, lastWrite + 9, wal!.length - 1]) {
      const spoiled = Uint8Array.from(wal!);
      spoiled[at]! ^= 1;
      await put(spoiled);
      await refusedAs(path, "damaged", /as was confirmed up to offset \d+, found one with a wrong checksum/);
    }
    await put(wal!);
    await (await databases.open(path, layout, neverTorn)).close();
  }));

test("a mark of an earlier write, of another log, or that is spoiled is in nobody's way", () =>
  inDirectory(async (path) => {
    const living = `${path}.living`;
    await databases.create(living, layout);
    const database = await databases.open(living, layout, neverTorn);
    const earlier = await readFile(`${living}-confirmed`);
    await database.write([{ kind: "put", table: "log", records: [record(1, "v1")] }]);
    const [main, wal] = [await readFile(living), await readFile(`${living}-wal`)];
    await database.close();
    const ofAnother = Buffer.from(earlier);
    ofAnother.fill(1, 4, 12);
    ofAnother.writeUInt32BE(crc32(ofAnother.subarray(0, 16)), 16);
    for (const mark of [earlier, ofAnother, Buffer.alloc(20), Buffer.alloc(0)]) {
      await writeFile(path, main);
      await writeFile(`${path}-wal`, wal);
      await writeFile(`${path}-confirmed`, mark);
      const again = await databases.open(path, layout, neverTorn);
      assert.deepEqual(await contentOf(again), [[1, "v1"]]);
      await again.close();
    }
  }));

test("a crash while changes are moved to the main file is no damage: what is there is read with the log that is beside it", () =>
  inDirectory(async (path) => {
    const living = `${path}.living`;
    await databases.create(living, layout);
    const database = await databases.open(living, layout, neverTorn);
    const records = Array.from({ length: 50 }, (_, key) => record(key, "x".repeat(4000)));
    await database.write([{ kind: "put", table: "log", records }]);
    const [before, wal] = [await readFile(living), await readFile(`${living}-wal`)];
    await database.close();
    const after = await readFile(living);
    for (let pages = 0; pages * 4096 <= after.length; pages++) {
      const done = after.subarray(0, pages * 4096);
      await writeFile(path, Buffer.concat([done, before.subarray(done.length)]));
      await writeFile(`${path}-wal`, wal);
      const again = await databases.open(path, layout, neverTorn);
      assert.equal((await contentOf(again)).length, 50, `after ${pages} pages`);
      await again.close();
      await unlink(`${path}-confirmed`);
    }
  }));

test("a write-ahead log that is gone, empty or a stump is missed", () =>
  inDirectory(async (path) => {
    await leftOpen(path);
    await truncate(`${path}-wal`, 40);
    await refusedAs(path, "damaged", /a\.db-wal": expected the newest changes of .* found 40 bytes/);
    await truncate(`${path}-wal`, 0);
    await refusedAs(path, "damaged", /found 0 bytes/);
    await unlink(`${path}-wal`);
    await refusedAs(path, "damaged", /found no file/);
  }));

test("a main file that is empty, gone, of another program or of another format is refused", () =>
  inDirectory(async (path) => {
    await leftOpen(path);
    await assert.rejects(databases.open(path, { ...layout, format: 2 }, neverTorn), {
      reason: "unreadable",
      message: `"${path}" has format 1, and this version reads format 2`,
    });
    await writeFile(path, "not a database at all");
    await refusedAs(path, "damaged", /at offset 0: expected the start of a database, found other bytes/);
    await truncate(path, 0);
    await refusedAs(path, "damaged", /found an empty file/);
    await unlink(path);
    assert.equal(await databases.exists(path), true);
    await refusedAs(path, "damaged", /is missing/);
    await unlink(`${path}-wal`);
    assert.equal(await databases.exists(path), false);
  }));

test("a main file that says that it may not be written is damaged, for none of ours says so", () =>
  inDirectory(async (path) => {
    await databases.create(path, layout);
    const bytes = await readFile(path);
    bytes[18]! ^= 4;
    await writeFile(path, bytes);
    await refusedAs(path, "damaged", /at offset 18: expected two versions of 2/);
  }));

test("records that are not in their order are damage, and no table without end", () =>
  inDirectory(async (path) => {
    const records = [record(1, "first"), record(2, "second")];
    await databases.create(path, layout, [{ kind: "put", table: "log", records }]);
    const bytes = await readFile(path);
    // Before the value stand its length, the key, the length of the head, and the types of both columns.
    bytes[bytes.indexOf("second") - 4]! ^= 2;
    await writeFile(path, bytes);
    const database = await databases.open(path, layout, neverTorn);
    await assert.rejects(contentOf(database), {
      reason: "damaged",
      message: /after record 1: expected a later one, found 0/,
    });
    await database.close();
  }));

test("what a crash left of a creation is in nobody's way", () =>
  inDirectory(async (path) => {
    await appendFile(`${path}.new`, "half");
    await databases.create(path, layout);
    await (await databases.open(path, layout, neverTorn)).close();
  }));

test("a database that is closed takes nothing more", () =>
  inDirectory(async (path) => {
    await databases.create(path, layout);
    const database = await databases.open(path, layout, neverTorn);
    await database.close();
    await assert.rejects(database.write([]), { reason: "broken" });
  }));
