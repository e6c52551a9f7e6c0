/** One record: a number that names it within its table, and bytes. */
export interface DatabaseRecord {
  readonly key: number;
  readonly value: Uint8Array;
}

/** Keys are integers from 0 to 2^53 - 1. */
export type DatabaseChange =
  /** Stores records, in place of any with the same keys. The bytes must not be changed until the write has ended. */
  | { readonly kind: "put"; readonly table: string; readonly records: readonly DatabaseRecord[] }
  /** Removes every record with a key from `from` to `through`, both included. */
  | { readonly kind: "remove"; readonly table: string; readonly from: number; readonly through: number };

/** A database file that is open; nobody else, in this process or another, has it open too. */
export interface Database {
  /**
   * Makes all changes in their order, or none: one transaction and one sync. Resolves when they would survive power
   * loss. Rejects with `DatabaseFailure`: when it is `full`, nothing was changed and it may be tried again; after any
   * other reason the database is not used again. Calls are carried out in the order in which they are made.
   */
  write(changes: readonly DatabaseChange[]): Promise<void>;
  /** All records of a table by rising key, in portions of some thousand. Not while a write is under way. */
  read(table: string): AsyncIterable<readonly DatabaseRecord[]>;
  /** Resolves when nothing of it is open any more. */
  close(): Promise<void>;
}

export interface DatabaseLayout {
  /** Which of ours it is and in which form; a file that says otherwise is refused, never changed. */
  readonly format: number;
  readonly tables: readonly string[];
}

/** Where databases are. A file is for its owner only (mode 0600), whatever the umask. */
export interface Databases {
  /** Whether there is a database at `path`, or something that was left of one. */
  exists(path: string): Promise<boolean>;
  /** Makes a database with `content` at `path`, whole or not at all; its directory must exist, and nothing be there. */
  create(path: string, layout: DatabaseLayout, content?: readonly DatabaseChange[]): Promise<void>;
  /**
   * Opens what is at `path`. What a crash left half done at its end was never confirmed to anybody, and is undone: how
   * many bytes is told to `tornTail`. Rejects with `DatabaseFailure` on anything else that is amiss, and changes nothing.
   */
  open(path: string, layout: DatabaseLayout, tornTail: (bytes: number) => void): Promise<Database>;
  /** Moves what is at `path`, with all that belongs to it, to `aside`, where nothing is. Nobody has it open. */
  setAside(path: string, aside: string): Promise<void>;
}

/**
 * Why a database cannot be used. `full`: its disk has no room. `locked`: another process has it open. `damaged`: it is
 * not what was written. `unreadable`: not ours, or of another format. `broken`: the disk or the system failed.
 */
export type DatabaseFailureReason = "full" | "locked" | "damaged" | "unreadable" | "broken";

/** The database at `path` cannot be used, or this write cannot be made. The message says what was found. */
export class DatabaseFailure extends Error {
  override readonly name = "DatabaseFailure";
  readonly reason: DatabaseFailureReason;
  readonly path: string;

  constructor(reason: DatabaseFailureReason, path: string, message: string) {
    super(message);
    this.reason = reason;
    this.path = path;
  }
}
