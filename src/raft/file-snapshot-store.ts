import { join } from "node:path/posix";
import { assert } from "../base/index.ts";
import type { Disk, OpenFile } from "../runtime/index.ts";
import { MalformedBytes } from "./binary.ts";
import type { SnapshotChunk, SnapshotMark } from "./core/snapshot.ts";
import { DIGEST_BYTES, inspectSnapshot, readPieces, type WholeSnapshot, writeSnapshot } from "./snapshot-file.ts";
import type { FoundSnapshots, SnapshotStore } from "./snapshot-store.ts";

const RETAINED = 2;
const CHUNK_BYTES = 256 * 1024;
const FILE_MODE = 0o600;
const SUFFIX = ".snapshot";
const UNFINISHED = "unfinished.new";
const INCOMING = "incoming.new";
/** Names the newest snapshot. Writing it also makes the directory's entries durable, that snapshot's among them. */
const NEWEST = "newest";

/** Snapshots as files in a directory of their own, each whole or not there. */
export class FileSnapshotStore implements SnapshotStore {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #chunkBytes: number;
  /** Newest first. */
  #snapshots: readonly WholeSnapshot[] = [];
  #incoming: { readonly file: OpenFile; readonly checksum: string; received: number } | undefined;

  /** The directory must exist. Peers are sent `chunkBytes` at a time. */
  constructor(disk: Disk, directory: string, chunkBytes = CHUNK_BYTES) {
    this.#disk = disk;
    this.#directory = directory;
    this.#chunkBytes = chunkBytes;
  }

  async load(): Promise<FoundSnapshots> {
    const names = (await this.#disk.list(this.#directory)).map(({ name }) => name);
    for (const name of [UNFINISHED, INCOMING]) if (names.includes(name)) await this.#disk.remove(this.#path(name));
    const damaged: string[] = [];
    const whole: WholeSnapshot[] = [];
    for (const name of names.filter((each) => each.endsWith(SUFFIX))) {
      const found = await this.#inspect(name);
      if (typeof found === "string") damaged.push(found);
      else if (nameOf(found.mark) === name) whole.push(found);
      else damaged.push(`"${this.#path(name)}" holds the snapshot of entry ${found.mark.index}`);
    }
    const newest = await this.#newestName(names);
    if (newest !== undefined && !names.includes(newest)) damaged.push(`"${this.#path(newest)}" is missing`);
    this.#snapshots = whole.toSorted((a, b) => b.mark.index - a.mark.index);
    return { whole: this.#snapshots.map(({ mark }) => mark), damaged };
  }

  async write(mark: SnapshotMark, state: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await this.#begin(UNFINISHED);
    try {
      const snapshot = await writeSnapshot(file, mark, state);
      await this.#keep(UNFINISHED, snapshot);
    } catch (error) {
      await this.#disk.removeTree(this.#path(UNFINISHED));
      throw error;
    } finally {
      await file.close();
    }
  }

  async *read(mark: SnapshotMark): AsyncIterable<Uint8Array> {
    const snapshot = this.#at(mark.index);
    assert(snapshot !== undefined, `there is a snapshot at ${mark.index}`);
    const file = await this.#disk.open(this.#path(nameOf(snapshot.mark)), "read");
    try {
      yield* readPieces(file, snapshot.stateOffset, stateEnd(snapshot));
    } finally {
      await file.close();
    }
  }

  async chunk(index: number, offset: number): Promise<SnapshotChunk | undefined> {
    const snapshot = this.#at(index);
    if (snapshot === undefined) return undefined;
    const file = await this.#disk.open(this.#path(nameOf(snapshot.mark)), "read");
    try {
      const data = await file.read(offset, this.#chunkBytes);
      return { offset, data, totalBytes: snapshot.totalBytes, checksum: snapshot.checksum };
    } finally {
      await file.close();
    }
  }

  async storeChunk(mark: SnapshotMark, chunk: SnapshotChunk): Promise<number | "complete"> {
    if (this.#at(mark.index)?.checksum === chunk.checksum) return "complete";
    this.#incoming = await this.#incomingFor(chunk);
    const { file } = this.#incoming;
    if (chunk.offset !== this.#incoming.received) return this.#incoming.received;
    await file.append(chunk.data);
    this.#incoming.received += chunk.data.length;
    if (this.#incoming.received < chunk.totalBytes) return this.#incoming.received;
    this.#incoming = undefined;
    return await this.#finish(file, mark, chunk);
  }

  async #incomingFor({ checksum }: SnapshotChunk) {
    if (this.#incoming?.checksum === checksum) return this.#incoming;
    await this.#incoming?.file.close();
    return { file: await this.#begin(INCOMING), checksum, received: 0 };
  }

  async #finish(file: OpenFile, mark: SnapshotMark, { checksum }: SnapshotChunk): Promise<number | "complete"> {
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    const found = await this.#inspect(INCOMING);
    if (typeof found === "string" || found.checksum !== checksum || found.mark.index !== mark.index) return 0;
    await this.#keep(INCOMING, found);
    return "complete";
  }

  async #begin(name: string): Promise<OpenFile> {
    await this.#disk.removeTree(this.#path(name));
    return this.#disk.open(this.#path(name), "append", FILE_MODE);
  }

  async #keep(unfinished: string, snapshot: WholeSnapshot): Promise<void> {
    const name = nameOf(snapshot.mark);
    await this.#disk.rename(this.#path(unfinished), this.#path(name));
    await this.#disk.writeAtomically(this.#path(NEWEST), Buffer.from(name), FILE_MODE);
    const others = this.#snapshots.filter(({ mark }) => nameOf(mark) !== name);
    const all = [snapshot, ...others].toSorted((a, b) => b.mark.index - a.mark.index);
    this.#snapshots = all.slice(0, RETAINED);
    for (const old of all.slice(RETAINED)) await this.#disk.remove(this.#path(nameOf(old.mark)));
  }

  /** What is wrong with the file, if anything is. */
  async #inspect(name: string): Promise<WholeSnapshot | string> {
    const path = this.#path(name);
    const file = await this.#disk.open(path, "read");
    try {
      return await inspectSnapshot(file);
    } catch (error) {
      if (error instanceof MalformedBytes) return `"${path}" ${error.message}`;
      throw error;
    } finally {
      await file.close();
    }
  }

  async #newestName(names: readonly string[]): Promise<string | undefined> {
    if (!names.includes(NEWEST)) return undefined;
    return Buffer.from(await this.#disk.read(this.#path(NEWEST))).toString();
  }

  #at(index: number): WholeSnapshot | undefined {
    return this.#snapshots.find(({ mark }) => mark.index === index);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

function nameOf({ index, term }: SnapshotMark): string {
  return `${String(index).padStart(16, "0")}-${term}${SUFFIX}`;
}

function stateEnd({ totalBytes }: WholeSnapshot): number {
  return totalBytes - DIGEST_BYTES;
}
