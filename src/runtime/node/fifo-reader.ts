import { constants, openSync, readSync } from "node:fs";
import type { ProcessOutput } from "../processes.ts";
import { Readiness } from "./readiness.ts";

/** What a FIFO holds at most (the kernel's default), and so the most that can be unread when its writer ends. */
const fifoBytes = 64 * 1024;
/** Where all readers read to: what one has read is handed on or copied before the next reads. */
const commonBuffer = Buffer.allocUnsafeSlow(fifoBytes);
/** Chunks waiting for the consumer; beyond it reading pauses, the FIFO fills and the writer waits. */
const waitingBytes = 256 * 1024;

/**
 * One end of a FIFO that a task writes to, for a single consumer. What nobody takes stays in the FIFO: there it is safe
 * whatever becomes of this process.
 *
 * It is opened for reading and writing: so opening never waits for the other side, and the FIFO never reports an end,
 * whoever of the writers comes and goes. When it ends is for its owner to say, by `finish` or `detach`. A socket says when
 * there is something, because a file stream would hold one of the runtime's few file threads for each FIFO.
 */
export class FifoReader implements ProcessOutput {
  readonly #fd: number;
  readonly #readiness: Readiness;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ended = false;
  #take: ((chunk: Uint8Array) => Promise<void> | undefined) | undefined;
  #unfinished: Promise<void> | undefined;
  #wakeConsumer: () => void = () => {};

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#readiness = new Readiness(this.#fd, () => this.#readAvailable());
    // An error has closed the descriptor, whose number may be another file's by now: nothing more can be read.
    this.#readiness.on("error", () => this.detach());
  }

  /** Takes what the FIFO still holds and ends after it. What is written later is not read. */
  finish(): void {
    if (this.#ended) return;
    this.#readiness.pause();
    this.#drain();
    this.#end();
  }

  /** Ends without reading on: what the FIFO holds stays for its next reader. */
  detach(): void {
    if (!this.#ended) this.#end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#nextWaiting();
      if (!this.#ended) this.#readiness.resume();
      if (chunk !== undefined) {
        yield chunk;
        continue;
      }
      if (this.#ended) return;
      await this.#woken();
    }
  }

  async each(take: (chunk: Uint8Array) => Promise<void> | undefined): Promise<void> {
    for (;;) {
      for (let chunk = this.#nextWaiting(); chunk !== undefined; chunk = this.#nextWaiting()) await take(chunk);
      if (this.#ended) return;
      this.#take = take;
      this.#readiness.resume();
      await this.#woken();
      this.#take = undefined;
      await this.#unfinished;
    }
  }

  #nextWaiting(): Uint8Array | undefined {
    const chunk = this.#waiting.shift();
    this.#waitingBytes -= chunk?.length ?? 0;
    return chunk;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeConsumer = resolve;
    });
  }

  #readAvailable(): void {
    try {
      const bytes = readAvailable(this.#fd, commonBuffer);
      if (bytes > 0 && !this.#came(commonBuffer.subarray(0, bytes))) this.#readiness.pause();
    } catch (error) {
      this.#readiness.destroy(error as Error);
    }
  }

  /** Says whether to read on. What the chunk lies in is used again for the next. */
  #came(chunk: Uint8Array): boolean {
    if (this.#take !== undefined) {
      this.#unfinished = this.#take(chunk);
      if (this.#unfinished === undefined) return true;
      this.#take = undefined;
      this.#wakeConsumer();
      return false;
    }
    this.#waiting.push(Uint8Array.from(chunk));
    this.#waitingBytes += chunk.length;
    this.#wakeConsumer();
    return this.#waitingBytes < waitingBytes;
  }

  #drain(): void {
    for (let total = 0; total < fifoBytes; ) {
      const bytes = readAvailable(this.#fd, commonBuffer);
      if (bytes === 0) return;
      this.#came(commonBuffer.subarray(0, bytes));
      total += bytes;
    }
  }

  #end(): void {
    this.#ended = true;
    this.#readiness.destroy();
    this.#wakeConsumer();
  }
}

function readAvailable(fd: number, buffer: Uint8Array): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
