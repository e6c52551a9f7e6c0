import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogStoreDamaged, openRaftStorage } from "../../../src/raft/index.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";

export const ENTRIES = 160;
/** So many that SQLite has moved them to the main file and begun its log anew. */
const LARGE = 140;
const FILES = ["raft.db", "raft.db-wal", "raft.db-confirmed"] as const;

export type LeftFile = (typeof FILES)[number];
export type LeftFiles = ReadonlyMap<LeftFile, Buffer>;

const quiet = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const large = Buffer.alloc(30_000, 7);

/** What opening a log, and reading all of it, came to. */
export type Outcome =
  | { readonly kind: "refused"; readonly message: string }
  /** `intact` entries are what was written; the first that is not ends the count. */
  | { readonly kind: "loaded"; readonly intact: number; readonly entries: number };

/**
 * The files of a server that was killed: part of the log in the database, part in its write-ahead log. The note of what was
 * confirmed is of the last write but `unconfirmed`, as if the power had gone before it was told of the others.
 */
export async function leftByAKilledServer({ unconfirmed = 0 } = {}): Promise<LeftFiles> {
  const parent = await temporaryDirectory();
  try {
    const living = join(parent, "living");
    const { store } = await openRaftStorage(quiet, living);
    await store.load();
    const files = new Map<LeftFile, Buffer>();
    for (let index = 1; index <= ENTRIES; index++) {
      await store.write([{ number: index, ballot: { term: 1, votedFor: "a" }, entries: [entry(index)] }]);
      if (index === ENTRIES - unconfirmed)
        files.set("raft.db-confirmed", await readFile(join(living, "raft.db-confirmed")));
    }
    for (const name of ["raft.db", "raft.db-wal"] as const) files.set(name, await readFile(join(living, name)));
    await store.close();
    return files;
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

/** Looks at files, changed as a test pleases, with `lanes` directories in turn, so that more than one can be looked at. */
export class Looks {
  readonly #parent: string;

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
    return outcomeOf(directory);
  }

  async end(): Promise<void> {
    await rm(this.#parent, { recursive: true, force: true });
  }
}

/** Calls `look` for every number below `count`, on two lanes at a time. */
export async function onLanes(count: number, look: (number: number, lane: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async (_: unknown, lane: number) => {
    for (let number = next++; number < count; number = next++) await look(number, lane);
  };
  await Promise.all([0, 1].map((lane) => run(undefined, lane)));
}

async function outcomeOf(directory: string): Promise<Outcome> {
  try {
    const { store } = await openRaftStorage(quiet, directory);
    try {
      const { entries } = await store.load();
      const spoiled = entries.findIndex((found, at) => {
        const expected = entry(at + 1);
        return found.index !== expected.index || found.kind !== "command" || !expected.data.equals(found.data);
      });
      return { kind: "loaded", intact: spoiled < 0 ? entries.length : spoiled, entries: entries.length };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof LogStoreDamaged)) throw new Error("A refusal is typed", { cause: error });
    return { kind: "refused", message: error.message };
  }
}

function entry(index: number) {
  const data = index <= LARGE ? large : Buffer.from(`entry ${index}`);
  return { kind: "command", index, term: 1, data } as const;
}

/** In memory where that can be had: what is looked at is read and thrown away. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "left-behind-"));
}
