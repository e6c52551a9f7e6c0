import { constants, openSync, readSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";
import type { ProcessOutput } from "../processes.ts";

/** What a FIFO holds at most (the kernel's default), and so the most that can be unread when its writer ends. */
const fifoBytes = 64 * 1024;
/** Where all readers read to: what one has read is copied before the next reads. */
const commonBuffer = Buffer.allocUnsafeSlow(fifoBytes);
/** Chunks waiting for the consumer; beyond it reading pauses, the FIFO fills and the writer waits. */
const waitingBytes = 256 * 1024;

/**
 * One end of a FIFO that a task writes to, for a single consumer. What nobody takes stays in the FIFO: there it is safe
 * whatever becomes of this process.
 *
 * It is opened for reading and writing: so opening never waits for the other side, and the FIFO never reports an end,
 * whoever of the writers comes and goes. When it ends is for its owner to say, by `finish` or `detach`. A socket reads
 * it, because a file stream would hold one of the runtime's few file threads for each FIFO.
 */
export class FifoReader implements ProcessOutput {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ended = false;
  #take: ((chunk: Uint8Array) => Promise<void> | undefined) | undefined;
  #unfinished: Promise<void> | undefined;
  #wakeConsumer: () => void = () => {};

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const options: SocketConstructorOpts & { readonly manualStart: true } = {
      fd: this.#fd,
      readable: true,
      writable: false,
      manualStart: true,
      onread: { buffer: commonBuffer, callback: (bytes, buffer) => this.#came(bytes, buffer) },
    };
    this.#socket = new Socket(options);
    // An error has closed the descriptor, whose number may be another file's by now: nothing more can be read.
    this.#socket.on("error", () => this.detach());
  }

  /** Takes what the FIFO still holds and ends after it. What is written later is not read. */
  finish(): void {
    if (this.#ended) return;
    this.#socket.pause();
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
      if (!this.#ended) this.#socket.resume();
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
      this.#socket.resume();
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

  /** Says whether to read on. The buffer is used again for the next chunk. */
  #came(bytes: number, buffer: Uint8Array): boolean {
    const chunk = Uint8Array.from(buffer.subarray(0, bytes));
    if (this.#take !== undefined) {
      this.#unfinished = this.#take(chunk);
      if (this.#unfinished === undefined) return true;
      this.#take = undefined;
      this.#wakeConsumer();
      return false;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += bytes;
    this.#wakeConsumer();
    return this.#waitingBytes < waitingBytes;
  }

  #drain(): void {
    for (let total = 0; total < fifoBytes; ) {
      const bytes = readAvailable(this.#fd, commonBuffer);
      if (bytes === 0) return;
      this.#came(bytes, commonBuffer);
      total += bytes;
    }
  }

  #end(): void {
    this.#ended = true;
    this.#socket.destroy();
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
