import { assert } from "../base/index.ts";
import type { Allocation, Job } from "../model/index.ts";
import { commonRowKinds, draftOf } from "./kept-allocations.ts";
import { RecordWriter } from "./record-writer.ts";
import {
  CHUNK_HEAD_BYTES,
  chained,
  LONGEST_CHUNK,
  RECORD_HEAD_BYTES,
  type SnapshotHead,
  START,
} from "./snapshot-format.ts";
import { mayBeUntold, tableNames } from "./tables.ts";
import type { StateView } from "./view.ts";

/** A slice ends with the row that makes it this long: some milliseconds of work. */
const SLICE_BYTES = 64 * 1024;
/** As many as one byte tells apart. */
const MOST_KINDS = 64;

/**
 * The state of a view as bytes that `restoreSnapshot` reads. They are made slice by slice as they are taken: who
 * awaits the disk between two of them lets other work in, and nothing that is written meanwhile shows in them. `ahead` is
 * by how much the view's indexes are ahead of the log's.
 */
export async function* writeSnapshot(view: StateView, ahead = 0): AsyncIterable<Uint8Array> {
  const slice = new RecordWriter({ known: [], common: commonRowKinds, mostOwn: MOST_KINDS });
  let checksum = chained(0, START);
  const seal = (): Uint8Array => {
    const bytes = slice.take();
    const chunk = bytes.subarray(CHUNK_HEAD_BYTES);
    assert(chunk.length <= LONGEST_CHUNK, `rows are far below ${LONGEST_CHUNK} bytes`);
    checksum = chained(checksum, chunk);
    bytes.writeUInt32BE(chunk.length, 0);
    bytes.writeUInt32BE(checksum, 4);
    return bytes;
  };
  yield START;
  for (const record of records(view, ahead)) {
    if (slice.length === 0) slice.reserve(CHUNK_HEAD_BYTES);
    const head = slice.reserve(RECORD_HEAD_BYTES);
    slice.value(record);
    slice.fill(head, slice.length - head - RECORD_HEAD_BYTES);
    if (slice.length >= SLICE_BYTES) yield seal();
  }
  if (slice.length > 0) yield seal();
}

function* records(view: StateView, ahead: number): Iterable<object> {
  yield headOf(view, ahead);
  const said = new Map<Job, number>();
  for (const name of tableNames) {
    if (name === "allocations") yield* withJobsSaidOnce(view.allocations.all(), said);
    else if (name === "jobs") yield* saying(view.jobs.all(), said);
    else yield* view[name].all();
  }
}

function headOf(view: StateView, ahead: number): SnapshotHead {
  return {
    index: view.index,
    tables: tableNames
      .map((name) => ({ name, lastIndex: view[name].lastIndex, rows: view[name].size }))
      .filter(({ name, lastIndex }) => lastIndex > 0 || !mayBeUntold(name)),
    times: view.times.witnesses.map(({ index, at }) => ({ index, at })),
    ...(ahead > 0 && { ahead }),
  };
}

function* saying(jobs: Iterable<Job>, said: Map<Job, number>): Iterable<Job> {
  for (const job of jobs) {
    said.set(job, said.size);
    yield job;
  }
}

function* withJobsSaidOnce(allocations: Iterable<Allocation>, said: Map<Job, number>): Iterable<object> {
  for (const allocation of allocations) {
    const { Job: job } = allocation;
    const place = job === null ? undefined : said.get(job);
    if (job !== null && place === undefined) said.set(job, said.size);
    yield place === undefined ? allocation : Object.assign(draftOf(allocation), { Job: place });
  }
}
