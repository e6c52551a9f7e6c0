import { GrowingBytes } from "../base/index.ts";
import type { Allocation, Job } from "../model/index.ts";
import { describeIssues } from "../wire/index.ts";
import { checkPacked, commonRowKinds } from "./kept-allocations.ts";
import { RecordReader } from "./record-reader.ts";
import { RecordScanner } from "./record-scanner.ts";
import {
  CHUNK_HEAD_BYTES,
  chained,
  checkStart,
  LONGEST_CHUNK,
  RECORD_HEAD_BYTES,
  type SnapshotHead,
  START,
  snapshotHead,
  tableList,
  UnreadableSnapshot,
} from "./snapshot-format.ts";
import type { StateContents } from "./state.ts";
import { emptyTables, type LastIndexes, mayBeUntold, neverWritten, tableNames, tableOf } from "./tables.ts";
import { TimeTable } from "./time-table.ts";
import type { RowOf, TableName } from "./view.ts";

/**
 * Reads what `writeSnapshot` wrote, in pieces of any size; works on each as it comes. What the rows say is trusted, as
 * what the log says is. `seen` is told of every row, and how many bytes it takes. Throws `UnreadableSnapshot` for anything
 * but a whole snapshot of this version.
 */
export async function restoreSnapshot(
  pieces: AsyncIterable<Uint8Array>,
  seen: (table: TableName, bytes: number) => void = () => {},
): Promise<StateContents> {
  const reading = readSnapshot(seen);
  const held = new GrowingBytes();
  let offset = 0;
  let step = reading.next();
  for await (const piece of pieces) {
    let rest = piece;
    while (rest.length > 0) {
      if (step.done) throw new UnreadableSnapshot(offset, "the end", "more bytes");
      const part = rest.subarray(0, step.value - held.length);
      held.append(part);
      offset += part.length;
      rest = rest.subarray(part.length);
      if (held.length === step.value) step = reading.next(held.take());
    }
  }
  if (step.done) return step.value;
  throw new UnreadableSnapshot(offset, `${step.value - held.length} more bytes`, "the end");
}

/** Asks for so many bytes at a time, in the order of the format. */
function* readSnapshot(seen: (table: TableName, bytes: number) => void): Generator<number, StateContents, Buffer> {
  const start = yield START.length;
  checkStart(start);
  const records = new RowReader();
  let restoring: Restoring | undefined;
  let checksum = chained(0, start);
  let offset = start.length;
  while (restoring === undefined || !restoring.isComplete) {
    const head = yield CHUNK_HEAD_BYTES;
    const length = head.readUInt32BE(0);
    if (length > LONGEST_CHUNK || length === 0) {
      throw new UnreadableSnapshot(offset, `a chunk of 1 to ${LONGEST_CHUNK} bytes`, `one of ${length}`);
    }
    const chunk = yield length;
    checksum = chained(checksum, chunk);
    const expected = head.readUInt32BE(4);
    if (checksum !== expected) {
      throw new UnreadableSnapshot(offset, `a chunk with checksum ${hex(expected)}`, `one with ${hex(checksum)}`);
    }
    offset += CHUNK_HEAD_BYTES;
    for (const { value, at, bytes } of records.read(chunk, offset)) {
      if (restoring === undefined) restoring = new Restoring(checkedHead(value, at));
      else seen(restoring.add(value, at), bytes);
    }
    offset += length;
  }
  return restoring.contents();
}

/** A record, its offset in the snapshot and its length. */
interface Found {
  readonly value: unknown;
  readonly at: number;
  readonly bytes: number;
}

class RowReader {
  readonly #scanner = new RecordScanner();
  readonly #reader = new RecordReader([], commonRowKinds);

  *read(chunk: Buffer, offset: number): Iterable<Found> {
    for (let at = 0; at < chunk.length; ) {
      const left = chunk.length - at - RECORD_HEAD_BYTES;
      const length = left > 0 ? chunk.readUInt32BE(at) : 1;
      at += RECORD_HEAD_BYTES;
      if (length > left) throw new UnreadableSnapshot(offset + at, `a record of ${length} bytes`, `${left} bytes`);
      const record = chunk.subarray(at, at + length);
      this.#scanner.scan(record, offset + at);
      yield { value: this.#unpacked(record, offset + at), at: offset + at, bytes: RECORD_HEAD_BYTES + length };
      at += length;
    }
  }

  #unpacked(record: Buffer, offset: number): unknown {
    try {
      return this.#reader.read(record);
    } catch (cause) {
      throw new UnreadableSnapshot(offset, "a packed record", `one of ${record.length} bytes that is not`, { cause });
    }
  }
}

function checkedHead(value: unknown, at: number): SnapshotHead {
  const head = snapshotHead.safeParse(value);
  if (!head.success) throw new UnreadableSnapshot(at, "the head of a snapshot", describeIssues(head.error));
  const found = head.data.tables.map(({ name }) => name);
  const expected = tableNames.filter((name) => found.includes(name) || !mayBeUntold(name));
  if (found.join() !== expected.join()) throw new UnreadableSnapshot(at, `the tables ${tableList}`, found.join(", "));
  return head.data;
}

/** Fills tables with the rows of a snapshot, in the order in which they come. */
class Restoring {
  readonly #index: number;
  readonly #times: TimeTable;
  readonly #ahead: number;
  readonly #tables;
  /** The tables that want rows, the next one last. */
  readonly #wanted: { readonly name: TableName; readonly rows: number }[];
  /** The jobs that were said so far. */
  readonly #jobs: Job[] = [];
  #lastKey: string | undefined;

  constructor({ index, tables, times, ahead = 0 }: SnapshotHead) {
    this.#index = index;
    this.#ahead = ahead;
    this.#times = TimeTable.of(times);
    const written = tables.map(({ name, lastIndex }) => [name, lastIndex] as const);
    this.#tables = emptyTables({ ...neverWritten, ...(Object.fromEntries(written) as Partial<LastIndexes>) });
    this.#wanted = tables
      .map(({ name, rows }) => ({ name: name as TableName, rows }))
      .filter(({ rows }) => rows > 0)
      .reverse();
  }

  get isComplete(): boolean {
    return this.#wanted.length === 0;
  }

  contents(): StateContents {
    return { index: this.#index, tables: this.#tables, times: this.#times, ahead: this.#ahead };
  }

  /** Stores a row, and says in which table. */
  add(value: unknown, at: number): TableName {
    const wanted = this.#wanted.at(-1);
    if (wanted === undefined) throw new UnreadableSnapshot(at, "the end", "another record");
    const { name, rows } = wanted;
    this.#store(name, rowOf(name, value, at), at);
    if (tableOf(this.#tables, name).size < rows) return name;
    this.#wanted.pop();
    this.#lastKey = undefined;
    return name;
  }

  #store<Name extends TableName>(name: Name, row: RowOf<Name>, at: number): void {
    const table = tableOf(this.#tables, name);
    try {
      if (name === "allocations") {
        this.#settleJob(row as { Job: unknown }, at);
        checkPacked(row as Allocation);
      }
      if (name === "jobs") this.#jobs.push(row as Job);
      const key = table.declaration.key(row);
      if (this.#lastKey !== undefined && key <= this.#lastKey) {
        throw new UnreadableSnapshot(at, `a key of "${name}" after ${shown(this.#lastKey)}`, shown(key));
      }
      table.restore(row);
      this.#lastKey = key;
    } catch (cause) {
      if (cause instanceof UnreadableSnapshot) throw cause;
      throw new UnreadableSnapshot(at, `a row of "${name}"`, "a record that lacks what such rows have", { cause });
    }
  }

  /** The allocation's job as the one object that all have who share it. Nobody else has seen the row yet. */
  #settleJob(row: { Job: unknown }, at: number): void {
    if (row.Job === null) return;
    if (typeof row.Job !== "number") {
      this.#jobs.push(row.Job as Job);
      return;
    }
    const job = this.#jobs[row.Job];
    if (job === undefined) throw new UnreadableSnapshot(at, `one of ${this.#jobs.length} jobs`, `number ${row.Job}`);
    row.Job = job;
  }
}

function rowOf<Name extends TableName>(name: Name, value: unknown, at: number): RowOf<Name> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as RowOf<Name>;
  throw new UnreadableSnapshot(at, `a row of "${name}"`, Array.isArray(value) ? "a list" : typeof value);
}

function shown(key: string): string {
  return JSON.stringify(key.slice(0, 100));
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
