import * as z from "zod";
import type { Disk } from "../../runtime/index.ts";
import type { LogEntry } from "./log-entries.ts";

/** How far an output was delivered: of the pieces at `time` the first `pieces`, and all before. */
export interface OutputCursor {
  readonly time: bigint;
  readonly pieces: number;
}

export const beginning: OutputCursor = { time: 0n, pieces: 0 };

/** Where to ask the engine to begin, which has pieces before the cursor too. */
export function sinceCursor({ time }: OutputCursor): string {
  return `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, "0")}`;
}

/** Follows an output from a cursor on: passes over what was delivered, knows what was. */
export class CursorWalk {
  #cursor: OutputCursor;
  /** Pieces at the cursor's time that were met on this walk. */
  #met = 0;

  constructor(from: OutputCursor) {
    this.#cursor = from;
  }

  get cursor(): OutputCursor {
    return this.#cursor;
  }

  /** Whether a piece is new, which is then taken as delivered. */
  isNew({ time }: LogEntry): boolean {
    const { time: reached, pieces } = this.#cursor;
    if (time === reached && this.#met < pieces) {
      this.#met++;
      return false;
    }
    // A clock that was set back does not make what follows old.
    this.#cursor = time === reached ? { time, pieces: pieces + 1 } : { time, pieces: 1 };
    this.#met = this.#cursor.pieces;
    return true;
  }
}

const stored = z.object({ time: z.string().regex(/^\d+$/), pieces: z.number(), mark: z.string() });

/** A cursor on the disk, with the mark at which the task's log ended then. */
export class CursorFile {
  readonly #disk: Disk;
  readonly #path: string;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** Undefined when nothing was kept, or what was kept cannot be read. */
  async read(): Promise<{ readonly cursor: OutputCursor; readonly mark: string } | undefined> {
    try {
      const { time, pieces, mark } = stored.parse(
        JSON.parse(Buffer.from(await this.#disk.read(this.#path)).toString()),
      );
      return { cursor: { time: BigInt(time), pieces }, mark };
    } catch {
      return undefined;
    }
  }

  async write({ time, pieces }: OutputCursor, mark: string): Promise<void> {
    const text = JSON.stringify({ time: String(time), pieces, mark });
    await this.#disk.writeAtomically(this.#path, Buffer.from(text), 0o600);
  }
}
