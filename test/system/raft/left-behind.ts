import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "../../../src/base/index.ts";
import { LogStoreBroken, LogStoreDamaged, openRaftStorage } from "../../../src/raft/index.ts";
import type { Databases } from "../../../src/runtime/index.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";
import { databasesWithoutThreads } from "./without-threads.ts";

export const ENTRIES = 80;
/** So many belong to a life before, which have been moved to the main file, and whose frames are still in SQLite's log. */
const BEFORE = 60;
const LARGE_EVERY = 9;
const SEED = "left behind";
const ID = new SeededRandom(SEED).uuid();
const BALLOT = { term: 1, votedFor: "a" } as const;
const LOOKS_BY_THREADS = 30;
const FILES = ["raft.db", "raft.db-wal", "raft.db-confirmed"] as const;

export type LeftFile = (typeof FILES)[number];
export type LeftFiles = ReadonlyMap<LeftFile, Buffer>;

const quiet = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const withoutThreads = databasesWithoutThreads();

/** What opening a log, and reading all of it, came to. */
export type Outcome =
  | { readonly kind: "refused"; readonly message: string }
  /** The server is the same and has given its vote; `intact` entries are what was written: the first that is not ends the count. */
  | { readonly kind: "loaded"; readonly intact: number; readonly entries: number };

/**
 * The files of a server that was killed, came back and was killed again: part of the log in the database, part in its
 * write-ahead log, and there behind it what is left of the first life. The note of what was confirmed is of the last write but
 * `unconfirmed`, as if the power had gone before it was told of the others.
 */
export async function leftByAKilledServer({ unconfirmed = 0 } = {}): Promise<LeftFiles> {
  const parent = await temporaryDirectory();
  try {
    const [first, second] = [join(parent, "first"), join(parent, "second")];
    const files = new Map<LeftFile, Buffer>();
    const keep = async (name: LeftFile) => files.set(name, await readFile(join(second, name)));
    await live(first, async (write) => {
      await write(1, BEFORE);
      await cp(first, second, { recursive: true });
    });
    await live(second, async (write) => {
      await write(BEFORE + 1, ENTRIES - unconfirmed);
      await keep("raft.db-confirmed");
      await write(ENTRIES - unconfirmed + 1, ENTRIES);
      for (const name of ["raft.db", "raft.db-wal"] as const) await keep(name);
    });
    return files;
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

/** The files of a server that was stopped in good order: the log is in the database alone. */
export async function leftByAStoppedServer(): Promise<LeftFiles> {
  const parent = await temporaryDirectory();
  try {
    await live(parent, (write) => write(1, ENTRIES));
    const files = (["raft.db", "raft.db-confirmed"] as const).map(
      async (name): Promise<[LeftFile, Buffer]> => [name, await readFile(join(parent, name))],
    );
    return new Map(await Promise.all(files));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

async function live(
  directory: string,
  act: (write: (from: number, through: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { store } = await openRaftStorage({ ...quiet, random: new SeededRandom(SEED) }, directory);
  try {
    await store.load();
    await act(async (from, through) => {
      for (let index = from; index <= through; index++)
        await store.write([{ number: index, ballot: BALLOT, entries: [entry(index)] }]);
    });
  } finally {
    await store.close();
  }
}

/**
 * Looks at files, changed as a test pleases, with `lanes` directories in turn, so that more than one can be looked at. What is
 * refused is looked at again: it is refused for good.
 */
export class Looks {
  readonly #parent: string;
  #count = 0;

  private constructor(parent: string) {
    this.#parent = parent;
  }

  static async begin(): Promise<Looks> {
    return new Looks(await temporaryDirectory());
  }

  async at(files: LeftFiles, lane: number): Promise<Outcome> {
    const directory = join(this.#parent, String(lane));
    await rm(directory, { recursive: true, force: true });
    await mkdir(join(directory, "snapshots"), { recursive: true });
    for (const [name, bytes] of files) await writeFile(join(directory, name), bytes);
    const runtime = { ...quiet, databases: databasesFor(this.#count++) };
    const outcome = await outcomeOf(directory, runtime);
    if (outcome.kind === "refused") {
      assert.equal((await outcomeOf(directory, runtime)).kind, "refused", `only once: ${outcome.message}`);
    }
    return outcome;
  }

  async end(): Promise<void> {
    await rm(this.#parent, { recursive: true, force: true });
  }
}

/** The first looks of a test are at databases in threads, as in a server; the others without, which costs a tenth. */
export function databasesFor(look: number): Databases {
  return look < LOOKS_BY_THREADS ? quiet.databases : withoutThreads;
}

/** Calls `look` for every number below `count`, on two lanes at a time. */
export async function onLanes(count: number, look: (number: number, lane: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async (_: unknown, lane: number) => {
    for (let number = next++; number < count; number = next++) await look(number, lane);
  };
  await Promise.all([0, 1].map((lane) => run(undefined, lane)));
}

async function outcomeOf(directory: string, runtime: typeof quiet): Promise<Outcome> {
  try {
    const { store, id } = await openRaftStorage(runtime, directory);
    try {
      const { ballot, entries } = await store.load();
      assert.deepEqual([id, ballot], [ID, BALLOT]);
      const spoiled = entries.findIndex((found, at) => {
        const expected = entry(at + 1);
        return (
          found.index !== expected.index ||
          found.term !== expected.term ||
          found.kind !== "command" ||
          !expected.data.equals(found.data)
        );
      });
      return { kind: "loaded", intact: spoiled < 0 ? entries.length : spoiled, entries: entries.length };
    } finally {
      await store.close();
    }
  } catch (error) {
    const isTyped = error instanceof LogStoreDamaged || error instanceof LogStoreBroken;
    if (!isTyped) throw new Error("Neither what was written nor a refusal", { cause: error });
    return { kind: "refused", message: error.message };
  }
}

const large = Buffer.alloc(30_000, 7);

function entry(index: number) {
  const data = index % LARGE_EVERY === 0 ? large : Buffer.from(`entry ${index}`.repeat(index <= BEFORE ? 60 : 1));
  return { kind: "command", index, term: 1, data } as const;
}

/** In memory where that can be had: what is looked at is read and thrown away. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "left-behind-"));
}
