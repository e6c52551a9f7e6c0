import {
  closeSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Random } from "../../../src/base/index.ts";
import type { Change, DiskJournal, Sync } from "./disk-journal.ts";

const SECTOR = 512;

/**
 * What a power cut leaves of what was not yet synced: nothing, or what `keeps` picks. A disk may write sectors in any
 * order; entries of a directory it keeps in the order in which they were changed.
 */
export interface Loss {
  /** In parts per hundred, of the sectors that were written and not synced. */
  readonly keeps: number;
  readonly random: Random;
}

/**
 * Undoes, in files below `directories`, what the journal of a process that has ended tells and no sync had made durable. What a
 * failed sync was to write is lost even if a later one succeeds: the system has forgotten that it was to be written.
 */
export function cutPower(directories: readonly string[], journal: DiskJournal, loss: Loss): void {
  const syncs = Map.groupBy(journal.syncs, ({ inode }) => inode);
  const pending = journal.changes.flatMap(({ position, change }) =>
    isDurable(position, syncs.get(change.inode)) ? [] : [change],
  );
  const entries = pending.filter((change) => !isData(change));
  const entriesKept = loss.keeps === 0 ? 0 : loss.random.below(entries.length + 1);
  const keptEntries = new Set(entries.slice(0, entriesKept));
  const files = new Files(directories);
  const undo = new Undo(files, loss);
  for (const change of pending.toReversed()) if (!keptEntries.has(change)) undo.change(change);
}

function isData({ kind }: Change): boolean {
  return kind === "write" || kind === "truncate";
}

/** The first sync after a change decides: what it failed to write, none after it writes. */
function isDurable(position: number, syncsOfInode: readonly Sync[] = []): boolean {
  const first = syncsOfInode.find(({ begin }) => begin > position);
  return first !== undefined && first.errno === 0;
}

/** Where each inode is now. */
class Files {
  readonly #paths = new Map<bigint, string>();

  constructor(directories: readonly string[]) {
    for (const directory of directories) this.#walk(directory);
  }

  #walk(directory: string): void {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      this.#paths.set(lstatSync(path, { bigint: true }).ino, path);
      if (entry.isDirectory()) this.#walk(path);
    }
  }

  at(inode: bigint): string | undefined {
    return this.#paths.get(inode);
  }

  isAt(inode: bigint, path: string): boolean {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino === inode;
  }

  move(inode: bigint, path: string): void {
    this.#paths.set(inode, path);
  }

  remove(path: string): void {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return;
    // What is in a directory is lost with it, even where that was synced.
    rmSync(path, { recursive: true });
    if (this.#paths.get(found.ino) === path) this.#paths.delete(found.ino);
  }
}

class Undo {
  readonly #files: Files;
  readonly #loss: Loss;
  /** Sectors that a later write brought to the disk, as `inode:sector`: an earlier one has nothing to say there. */
  readonly #kept = new Set<string>();
  readonly #keptEnd = new Map<bigint, number>();

  constructor(files: Files, loss: Loss) {
    this.#files = files;
    this.#loss = loss;
  }

  change(change: Change): void {
    switch (change.kind) {
      case "write":
        this.#inFile(change.inode, (file) => this.#write(file, change));
        break;
      case "truncate":
        if (this.#isKept()) break;
        this.#inFile(change.inode, (file) => {
          ftruncateSync(file, change.sizeBefore);
          if (change.before.length > 0) writeAll(file, change.before, change.sizeBefore - change.before.length);
        });
        break;
      case "create":
      case "mkdir":
        this.#files.remove(change.path);
        break;
      case "rename":
        if (this.#files.isAt(change.moved, change.path)) {
          renameSync(change.path, change.from);
          this.#files.move(change.moved, change.from);
        }
        this.#putBack(change.saved, change.path);
        break;
      case "unlink":
        this.#putBack(change.saved, change.path);
        break;
    }
  }

  #write(file: number, { inode, at, length, sizeBefore, before }: Extract<Change, { kind: "write" }>): void {
    for (let sector = Math.floor(at / SECTOR); sector * SECTOR < at + length; sector++) {
      const key = `${inode}:${sector}`;
      if (this.#kept.has(key)) continue;
      const from = Math.max(at, sector * SECTOR);
      const to = Math.min(at + length, (sector + 1) * SECTOR);
      if (this.#isKept()) {
        this.#kept.add(key);
        this.#keptEnd.set(inode, Math.max(this.#keptEnd.get(inode) ?? 0, Math.min(to, fstatSync(file).size)));
      } else {
        const old = Buffer.alloc(to - from);
        before.subarray(from - at, to - at).copy(old);
        if (from < fstatSync(file).size) writeAll(file, old, from);
      }
    }
    const size = Math.max(sizeBefore, this.#keptEnd.get(inode) ?? 0);
    if (size < fstatSync(file).size) ftruncateSync(file, size);
  }

  #isKept(): boolean {
    return this.#loss.random.below(100) < this.#loss.keeps;
  }

  #inFile(inode: bigint, act: (file: number) => void): void {
    const path = this.#files.at(inode);
    if (path === undefined) return;
    const file = openSync(path, "r+");
    try {
      act(file);
    } finally {
      closeSync(file);
    }
  }

  #putBack(saved: string, path: string): void {
    if (saved === "") return;
    const { ino } = lstatSync(saved, { bigint: true });
    if (this.#files.isAt(ino, path)) return;
    linkSync(saved, path);
    this.#files.move(ino, path);
  }
}

function writeAll(file: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
}
