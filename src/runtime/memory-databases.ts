import { type Duration, milliseconds, type Random } from "../base/index.ts";
import type { Clock } from "./clock.ts";
import {
  type Database,
  type DatabaseChange,
  DatabaseFailure,
  type DatabaseLayout,
  type DatabaseRecord,
  type Databases,
} from "./database.ts";

type Tables = ReadonlyMap<string, Map<number, Uint8Array>>;

/** How a disk behaves. */
export interface MemoryDiskHabits {
  /** How long the next sync takes. */
  syncTime(): Duration;
}

/**
 * The databases of one machine of the simulator: what was not synced is lost at a crash, or not, as chance has it, and
 * nobody was told. They outlive the processes that open them.
 */
export class MemoryDatabases implements Databases {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #habits: MemoryDiskHabits;
  readonly #files = new Map<string, Tables>();
  readonly #open = new Map<string, MemoryDatabase>();
  readonly #damaged = new Set<string>();
  #trouble: "full" | "broken" | undefined;

  constructor(clock: Clock, random: Random, habits: MemoryDiskHabits = { syncTime: () => milliseconds(1) }) {
    this.#clock = clock;
    this.#random = random;
    this.#habits = habits;
  }

  /** The process is gone at once: what it had open is closed, and of a write under way all is there, or nothing. */
  crash(): void {
    for (const database of this.#open.values()) database.crash(this.#random);
    this.#open.clear();
  }

  /** From now on every write fails with this reason, until `recover`. */
  failWith(trouble: "full" | "broken"): void {
    this.#trouble = trouble;
  }

  recover(): void {
    this.#trouble = undefined;
  }

  /** What is at `path` is no longer what was written: it cannot be opened any more. */
  damage(path: string): void {
    this.#damaged.add(path);
  }

  isDamaged(path: string): boolean {
    return this.#damaged.has(path);
  }

  async setAside(path: string, aside: string): Promise<void> {
    const tables = this.#files.get(path);
    if (tables !== undefined) this.#files.set(aside, tables);
    if (this.#damaged.delete(path)) this.#damaged.add(aside);
    this.#files.delete(path);
  }

  async exists(path: string): Promise<boolean> {
    return this.#files.has(path);
  }

  async create(path: string, layout: DatabaseLayout, content: readonly DatabaseChange[] = []): Promise<void> {
    if (this.#files.has(path)) throw new DatabaseFailure("unreadable", path, `"${path}" exists already`);
    const tables = new Map(layout.tables.map((table) => [table, new Map<number, Uint8Array>()]));
    makeChanges(tables, content);
    this.#files.set(path, tables);
  }

  async open(path: string): Promise<Database> {
    const tables = this.#files.get(path);
    if (tables === undefined) throw new DatabaseFailure("damaged", path, `"${path}" is missing`);
    if (this.#damaged.has(path)) {
      throw new DatabaseFailure("damaged", path, `"${path}" is damaged: a page is not what was written`);
    }
    if (this.#open.has(path)) throw new DatabaseFailure("locked", path, `"${path}" is in use by another process`);
    const disk = { trouble: () => this.#trouble, syncTime: () => this.#habits.syncTime() };
    const database = new MemoryDatabase(path, tables, this.#clock, disk, () => this.#open.delete(path));
    this.#open.set(path, database);
    return database;
  }
}

interface DiskNow {
  trouble(): "full" | "broken" | undefined;
  syncTime(): Duration;
}

class MemoryDatabase implements Database {
  readonly #path: string;
  readonly #tables: Tables;
  readonly #clock: Clock;
  readonly #disk: DiskNow;
  readonly #closed: () => void;
  readonly #life = new AbortController();
  #underWay: readonly DatabaseChange[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, tables: Tables, clock: Clock, disk: DiskNow, closed: () => void) {
    this.#path = path;
    this.#tables = tables;
    this.#clock = clock;
    this.#disk = disk;
    this.#closed = closed;
  }

  crash(random: Random): void {
    if (random.below(2) === 0) makeChanges(this.#tables, this.#underWay);
    this.#life.abort(new DatabaseFailure("broken", this.#path, "the machine has crashed"));
  }

  write(changes: readonly DatabaseChange[]): Promise<void> {
    const done = this.#last.then(() => this.#sync(changes));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async *read(table: string): AsyncIterable<readonly DatabaseRecord[]> {
    const records = [...this.#tables.get(table)!].map(([key, value]) => ({ key, value }));
    yield records.sort((a, b) => a.key - b.key);
  }

  async close(): Promise<void> {
    await this.#last;
    this.#closed();
  }

  async #sync(changes: readonly DatabaseChange[]): Promise<void> {
    this.#underWay = changes;
    try {
      await this.#clock.sleep(this.#disk.syncTime(), this.#life.signal);
      const trouble = this.#disk.trouble();
      if (trouble === "full") throw new DatabaseFailure(trouble, this.#path, "database or disk is full");
      if (trouble === "broken") throw new DatabaseFailure(trouble, this.#path, "disk I/O error");
      makeChanges(this.#tables, changes);
    } finally {
      this.#underWay = [];
    }
  }
}

function makeChanges(tables: Tables, changes: readonly DatabaseChange[]): void {
  for (const change of changes) {
    const table = tables.get(change.table)!;
    if (change.kind === "put") for (const { key, value } of change.records) table.set(key, Uint8Array.from(value));
    else for (const key of table.keys()) if (key >= change.from && key <= change.through) table.delete(key);
  }
}
