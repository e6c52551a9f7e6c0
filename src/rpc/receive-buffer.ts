/** Room that is made when bytes come, at least: a flood of frames of one byte then costs few blocks, not many. */
const blockLength = 4_096;
const smallBlock = 256;

interface Block {
  readonly bytes: Buffer;
  end: number;
}

/** What a stream has received and nobody has read yet. Copies what it is given. */
export class ReceiveBuffer {
  readonly #blocks: Block[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#length += bytes.length;
    const last = this.#blocks[this.#blocks.length - 1];
    const fitting = last === undefined ? 0 : Math.min(last.bytes.length - last.end, bytes.length);
    if (last !== undefined && fitting > 0) {
      last.bytes.set(bytes.subarray(0, fitting), last.end);
      last.end += fitting;
    }
    if (fitting === bytes.length) return;
    const rest = bytes.subarray(fitting);
    // Most often one small message comes and is read; only what piles up gets whole blocks.
    const block = Buffer.allocUnsafe(Math.max(this.#blocks.length === 0 ? smallBlock : blockLength, rest.length));
    block.set(rest);
    this.#blocks.push({ bytes: block, end: rest.length });
  }

  /** The oldest bytes, as they lie together; undefined when there are none. */
  shift(): Uint8Array | undefined {
    const block = this.#blocks.shift();
    if (block === undefined) return undefined;
    this.#length -= block.end;
    return block.bytes.subarray(0, block.end);
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#length = 0;
  }
}
