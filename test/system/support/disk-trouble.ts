import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { constants } from "node:os";

/** As in the shim; calls are counted whether they would succeed or not. */
const CALLS = { write: 1, sync: 2, rename: 4, truncate: 8, create: 16, unlink: 32, mkdir: 64 } as const;
const ACTIONS = { fail: 1, die: 2, wait: 3, tear: 4 } as const;
/** Where the shim has each of its words; the last is the part of a path. */
const AT = { calls: 0, nth: 4, times: 8, action: 12, value: 16, seen: 20, path: 32 } as const;
export const CONTROL_BYTES = 128;

export type DiskCall = keyof typeof CALLS;

/** What is to happen, to which calls. */
export interface Trouble {
  readonly calls: readonly DiskCall[];
  /** Only calls on files whose path contains this, or ends with it where the last letter is `$`. */
  readonly path?: string;
  /** From the nth such call on, counted from now; 1 if left out. */
  readonly nth?: number;
  /** How many calls; all that follow if left out. */
  readonly times?: number;
  /** `die` kills the process before the call, `tear` in the middle of a write. */
  readonly action: { readonly fail: "EIO" | "ENOSPC" } | "die" | "tear" | { readonly waitMs: number };
}

/** The switch of a faulty disk; processes that use the disk see at once what is set here. */
export class DiskTrouble {
  readonly #file: number;

  /** `path` is a file of `CONTROL_BYTES` bytes. */
  constructor(path: string) {
    this.#file = openSync(path, "r+");
  }

  /** From now on; takes the place of what was to happen. Calls are counted anew. */
  arm({ calls, path = "", nth = 1, times = -1, action }: Trouble): void {
    this.disarm();
    const words = Buffer.alloc(CONTROL_BYTES);
    words.writeInt32LE(nth, AT.nth);
    words.writeInt32LE(times, AT.times);
    words.writeInt32LE(ACTIONS[kindOf(action)], AT.action);
    words.writeInt32LE(actionValue(action), AT.value);
    words.write(path, AT.path);
    writeSync(this.#file, words, AT.nth, CONTROL_BYTES - AT.nth, AT.nth);
    const mask = Buffer.alloc(4);
    mask.writeInt32LE(calls.reduce((bits, call) => bits | CALLS[call], 0));
    writeSync(this.#file, mask, 0, 4, AT.calls);
  }

  /** Nothing happens any more. */
  disarm(): void {
    writeSync(this.#file, Buffer.alloc(4), 0, 4, AT.calls);
  }

  /** Of the calls that are meant, since `arm`: how many there were, and to how many it happened. */
  get counted(): { readonly seen: number; readonly done: number } {
    const words = Buffer.alloc(8);
    readSync(this.#file, words, 0, 8, AT.seen);
    return { seen: words.readInt32LE(0), done: words.readInt32LE(4) };
  }

  close(): void {
    closeSync(this.#file);
  }
}

function kindOf(action: Trouble["action"]): keyof typeof ACTIONS {
  if (typeof action === "string") return action;
  return "fail" in action ? "fail" : "wait";
}

function actionValue(action: Trouble["action"]): number {
  if (typeof action === "string") return 0;
  return "fail" in action ? constants.errno[action.fail] : action.waitMs;
}
