import assert from "node:assert/strict";
import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SeededRandom } from "../../../src/base/index.ts";
import { LogStoreDamaged, openRaftStorage } from "../../../src/raft/index.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";

/** More of them are tried by hand: `RAFT_FLIPS=10000`. */
const FLIPS = Number(process.env.RAFT_FLIPS ?? 60);
const ENTRIES = 160;
/** So many that SQLite has moved them to the main file and begun its log anew. */
const LARGE = 140;
const FILES = ["raft.db", "raft.db-wal"];

const quiet = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const entry = (index: number) => ({ kind: "command", index, term: 1, data: Buffer.from(`entry ${index}`) }) as const;

/** What the last test of a log found. */
type Outcome =
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "loaded"; readonly entries: number };

/** A directory as a server leaves it that was killed: part of the log in the database, part in its write-ahead log. */
async function leftByAKilledServer(parent: string): Promise<string> {
  const living = join(parent, "living");
  const { store } = await openRaftStorage(quiet, living);
  await store.load();
  const large = Buffer.alloc(30_000, 7);
  for (let index = 1; index <= ENTRIES; index++) {
    const kept = index <= LARGE ? { ...entry(index), data: large } : entry(index);
    await store.write([{ number: index, ballot: { term: 1, votedFor: "a" }, entries: [kept] }]);
  }
  const left = join(parent, "left");
  await (await openRaftStorage(quiet, left)).store.close();
  for (const file of FILES) await copyFile(join(living, file), join(left, file));
  await store.close();
  return left;
}

async function open(directory: string): Promise<Outcome> {
  try {
    const { store } = await openRaftStorage(quiet, directory);
    try {
      return { kind: "loaded", entries: (await store.load()).entries.length };
    } finally {
      await store.close();
    }
  } catch (error) {
    assert.equal(error instanceof LogStoreDamaged, true, `a typed refusal, not ${String((error as Error).stack)}`);
    return { kind: "refused", message: (error as Error).message };
  }
}

/** Undoes what a test and its opening have done to the files. */
async function restore(directory: string, originals: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith("raft.db")) await rm(join(directory, name), { force: true });
  }
  for (const [name, bytes] of originals) await writeFile(join(directory, name), bytes);
}

async function withLeft(
  run: (directory: string, originals: ReadonlyMap<string, Buffer>) => Promise<void>,
): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), "raft-damage-"));
  try {
    const directory = await leftByAKilledServer(parent);
    const originals = new Map<string, Buffer>();
    for (const name of FILES) originals.set(name, await readFile(join(directory, name)));
    await run(directory, originals);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

test(
  "a flipped bit anywhere costs at most the last write, which may have been torn; else the server refuses and names the file",
  { timeout: 600_000 },
  () =>
    withLeft(async (directory, originals) => {
      const random = new SeededRandom("flips");
      const outcomes = { harmless: 0, torn: 0, refused: 0 };
      for (let flip = 0; flip < FLIPS; flip++) {
        const name = FILES[random.below(2)]!;
        const bytes = Buffer.from(originals.get(name)!);
        const bit = random.below(bytes.length * 8);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        await restore(directory, new Map([...originals, [name, bytes]]));
        const outcome = await open(directory);
        const where = `bit ${bit & 7} of byte ${bit >> 3} of ${name}`;
        if (outcome.kind === "refused") {
          assert.match(outcome.message, /raft\.db/, where);
          outcomes.refused++;
        } else {
          assert.equal(outcome.entries >= ENTRIES - 1, true, `${outcome.entries} entries after ${where}`);
          if (outcome.entries === ENTRIES) outcomes.harmless++;
          else outcomes.torn++;
        }
      }
      assert.equal(outcomes.refused > FLIPS / 10, true, JSON.stringify(outcomes));
    }),
);

test("zeroed pages are seen", { timeout: 120_000 }, () =>
  withLeft(async (directory, originals) => {
    const main = originals.get("raft.db")!;
    let refused = 0;
    for (let page = 0; page * 4096 < main.length; page += 11) {
      const spoiled = Buffer.from(main);
      spoiled.fill(0, page * 4096, (page + 1) * 4096);
      await restore(directory, new Map([...originals, ["raft.db", spoiled]]));
      const outcome = await open(directory);
      if (outcome.kind === "loaded") assert.equal(outcome.entries, ENTRIES, `page ${page}`);
      else refused++;
    }
    assert.equal(refused > 50, true, `${refused} were refused`);
  }),
);

test("a database that is cut in half is seen", { timeout: 60_000 }, () =>
  withLeft(async (directory, originals) => {
    await restore(directory, originals);
    await truncate(join(directory, "raft.db"), originals.get("raft.db")!.length / 2);
    assert.equal((await open(directory)).kind, "refused");
  }),
);
