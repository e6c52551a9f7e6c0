import type { FileChunk } from "../../api/index.ts";

/** What has no line end for so long is not made of lines. */
const longestLine = 64 * 1024;

const lineEnd = 0x0a;

/**
 * Holds back the beginning of a line until it is known what comes after it. Rotation may remove files faster than a
 * reader follows; what it then reads next is the middle of another line, and the two must not become one.
 */
export class WholeLines {
  #held: FileChunk | undefined;
  /** Bytes left out since the last whole line; undefined while none are. */
  #skipped: number | undefined;

  /** What may go on of a chunk, and of what was held before it. */
  *pass(chunk: FileChunk): Generator<FileChunk> {
    const rest = this.#skipped === undefined ? chunk : this.#fromLineStart(chunk, this.#skipped);
    if (rest === undefined) return;
    const end = rest.data.lastIndexOf(lineEnd) + 1;
    const heldBefore = this.#held?.data.length ?? 0;
    if (end === 0 && heldBefore + rest.data.length <= longestLine) {
      this.#held = this.#joined(rest);
      return;
    }
    yield* this.release();
    const isWhole = end === 0 || end === rest.data.length;
    if (isWhole) {
      yield rest;
      return;
    }
    const tail = rest.data.length - end;
    yield { ...rest, offset: rest.offset - tail, data: rest.data.subarray(0, end) };
    // A copy: the rest of the chunk need not be kept for it.
    this.#held = { ...rest, data: rest.data.slice(end) };
  }

  /** What was held, since its line goes on or nothing comes for now. */
  *release(): Generator<FileChunk> {
    if (this.#held !== undefined) yield this.#held;
    this.#held = undefined;
  }

  /** Bytes between what was read and what comes are lost: the rest of both lines is left out. */
  lose(): void {
    this.#held = undefined;
    this.#skipped = 0;
  }

  #fromLineStart(chunk: FileChunk, skipped: number): FileChunk | undefined {
    const start = chunk.data.indexOf(lineEnd) + 1;
    if (start === 0 && skipped + chunk.data.length <= longestLine) {
      this.#skipped = skipped + chunk.data.length;
      return undefined;
    }
    this.#skipped = undefined;
    const data = chunk.data.subarray(start);
    return data.length === 0 ? undefined : { ...chunk, data };
  }

  /** Held bytes are of the same file: whatever begins another one was released or lost before. */
  #joined(rest: FileChunk): FileChunk {
    if (this.#held === undefined) return rest;
    return { ...rest, data: Buffer.concat([this.#held.data, rest.data]) };
  }
}
