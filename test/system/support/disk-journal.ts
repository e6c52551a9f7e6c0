import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the preloaded shim noted of a change to the disk, before it was made. Inodes and times are as the system has them. */
export type Change =
  | {
      readonly kind: "write";
      readonly inode: bigint;
      readonly at: number;
      readonly length: number;
      readonly sizeBefore: number;
      /** What stood there, as far as the file reached. */
      readonly before: Buffer;
    }
  | { readonly kind: "truncate"; readonly inode: bigint; readonly sizeBefore: number; readonly before: Buffer }
  /** `inode` is that of the directory. */
  | { readonly kind: "create" | "mkdir"; readonly inode: bigint; readonly path: string }
  | {
      readonly kind: "rename";
      readonly inode: bigint;
      readonly path: string;
      readonly from: string;
      readonly saved: string;
      readonly moved: bigint;
    }
  | { readonly kind: "unlink"; readonly inode: bigint; readonly path: string; readonly saved: string };

/** A sync that has ended, by the positions and the monotonic times (nanoseconds) of its begin and end. */
export interface Sync {
  readonly inode: bigint;
  readonly begin: number;
  readonly beganAt: bigint;
  readonly endedAt: bigint;
  readonly errno: number;
}

export interface DiskJournal {
  /** By their positions, in order. */
  readonly changes: readonly { readonly position: number; readonly change: Change }[];
  readonly syncs: readonly Sync[];
}

const HEADER_BYTES = 48;
const KINDS = ["", "write", "truncate", "syncBegin", "syncEnd", "create", "rename", "unlink", "mkdir"] as const;

/** The journal of each process that has worked on the disk. */
export function readJournals(directory: string): readonly DiskJournal[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".journal"))
    .map((name) => readJournal(readFileSync(join(directory, name))));
}

/** The last record may be a stump: then the process was killed while it was noted, and the change was not made. */
function readJournal(bytes: Buffer): DiskJournal {
  const changes: { position: number; change: Change }[] = [];
  const syncs: Sync[] = [];
  const begun = new Map<number, { position: number; time: bigint }>();
  for (let offset = 0, position = 0; offset + HEADER_BYTES <= bytes.length; position++) {
    const size = bytes.readUInt32LE(offset + 4);
    const end = offset + HEADER_BYTES + size;
    if (end > bytes.length) break;
    const kind = KINDS[bytes.readUInt32LE(offset)];
    const inode = bytes.readBigUInt64LE(offset + 8);
    const [at, before, length] = [16, 24, 32].map((field) => Number(bytes.readBigUInt64LE(offset + field))) as [
      number,
      number,
      number,
    ];
    const time = bytes.readBigUInt64LE(offset + 40);
    const content = bytes.subarray(offset + HEADER_BYTES, end);
    if (kind === "syncBegin") {
      begun.set(at, { position, time });
    } else if (kind === "syncEnd") {
      const { position: begin, time: beganAt } = begun.get(at)!;
      syncs.push({ inode, begin, beganAt, endedAt: time, errno: before });
    } else if (kind === "write") {
      changes.push({ position, change: { kind, inode, at, length, sizeBefore: before, before: content } });
    } else if (kind === "truncate") {
      changes.push({ position, change: { kind, inode, sizeBefore: before, before: content } });
    } else {
      const moved = bytes.readBigUInt64LE(offset + 24);
      changes.push({ position, change: entryChange(kind, inode, content.toString().split("\0"), moved) });
    }
    offset = end;
  }
  return { changes, syncs };
}

function entryChange(kind: string | undefined, inode: bigint, texts: readonly string[], moved: bigint): Change {
  const [path = "", from = "", saved = ""] = texts;
  switch (kind) {
    case "create":
    case "mkdir":
      return { kind, inode, path };
    case "rename":
      return { kind, inode, path, from, saved, moved };
    case "unlink":
      return { kind, inode, path, saved };
    default:
      throw new Error(`A journal of the disk has a record of an unknown kind: ${kind}`);
  }
}
