import { WakeUp } from "../base/index.ts";
import { framed } from "./frames.ts";

/** Beyond these a peer is too slow, and what is sent to it is dropped: Raft sends again. */
const MAX_MESSAGES = 4096;
const MAX_BYTES = 32 * 1024 * 1024;

/** Messages for one connection, which takes all that wait at once. */
export class MessageQueue {
  readonly #wakeUp = new WakeUp();
  #frames: Uint8Array[] = [];
  #messages = 0;
  #bytes = 0;

  /** False when the message was dropped. One that alone is larger than the queue is taken when nothing else waits. */
  push(message: Uint8Array): boolean {
    const isTooMuch = this.#messages >= MAX_MESSAGES || this.#bytes + message.length > MAX_BYTES;
    if (isTooMuch && this.#messages > 0) return false;
    this.#frames.push(...framed(message));
    this.#messages++;
    this.#bytes += message.length;
    this.#wakeUp.notify();
    return true;
  }

  get isEmpty(): boolean {
    return this.#messages === 0;
  }

  /** All that wait, as bytes to write. Waits for the first; undefined when `signal` fires before it comes. */
  async take(signal: AbortSignal): Promise<Uint8Array | undefined> {
    while (this.isEmpty && !signal.aborted) await this.#wakeUp.wait(signal);
    if (signal.aborted) return undefined;
    const bytes = Buffer.concat(this.#frames);
    this.clear();
    return bytes;
  }

  clear(): void {
    this.#frames = [];
    this.#messages = 0;
    this.#bytes = 0;
  }
}
