import type { StreamFrame } from "./client-shapes.ts";

/** A frame carries 64 KiB, in base64; one that is longer than this is not one of ours. */
const longestFrame = 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * The frames of a stream: JSON objects that follow each other without anything in between, cut anywhere into chunks.
 * Throws a `SyntaxError` for what is no frame, and an `Error` when the stream ends within one.
 */
export async function* framesIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamFrame, void> {
  const splitter = new ObjectSplitter();
  for await (const chunk of chunks) {
    for (const text of splitter.push(chunk)) yield JSON.parse(text) as StreamFrame;
  }
  if (splitter.pending) throw new Error("The stream ended within a frame");
}

/** Finds where objects end by their braces, those within strings left out. */
class ObjectSplitter {
  #parts: Uint8Array[] = [];
  #length = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  get pending(): boolean {
    return this.#length > 0;
  }

  *push(chunk: Uint8Array): Generator<string> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (!this.#endsAt(chunk[at] as number)) continue;
      yield this.#take(chunk.subarray(start, at + 1));
      start = at + 1;
    }
    if (start === chunk.length) return;
    this.#parts.push(chunk.subarray(start));
    this.#length += chunk.length - start;
    if (this.#length > longestFrame) throw new Error(`A frame of the stream is longer than ${longestFrame} bytes`);
  }

  #take(last: Uint8Array): string {
    const text = Buffer.concat([...this.#parts, last]).toString();
    this.#parts = [];
    this.#length = 0;
    return text;
  }

  /** True if the byte ends an outermost object. */
  #endsAt(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === backslash) this.#escaped = true;
      else if (byte === quote) this.#inString = false;
      return false;
    }
    if (byte === quote) this.#inString = true;
    if (byte === openBrace) this.#depth++;
    if (byte !== closeBrace) return false;
    this.#depth--;
    return this.#depth === 0;
  }
}
