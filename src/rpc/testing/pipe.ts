import { GrowingBytes, WakeUp } from "../../base/index.ts";
import type { Connection } from "../../runtime/index.ts";

const never = new AbortController().signal;

/** The far end of a connection in the hands of a test: it sees every byte, and says whatever it likes. */
export class RawPeer {
  readonly #heard = new GrowingBytes();
  readonly #changed = new WakeUp();
  readonly #sent: Uint8Array[] = [];
  #ended = false;
  #closed = false;
  /** While true, what the near end writes is not taken. */
  deaf = false;

  /** The near end. */
  readonly connection: Connection = {
    remoteAddress: "10.0.0.9:4000",
    incoming: { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) },
    write: (bytes) => this.#write(bytes),
    close: () => {
      this.#closed = true;
      this.#changed.notify();
    },
  };

  /** True once the near end has closed. */
  get closed(): boolean {
    return this.#closed;
  }

  send(bytes: Uint8Array | string): void {
    this.#sent.push(typeof bytes === "string" ? Buffer.from(bytes.replaceAll(" ", ""), "hex") : bytes);
    this.#changed.notify();
  }

  /** Ends the far direction. */
  end(): void {
    this.#ended = true;
    this.#changed.notify();
  }

  /** What the near end wrote since the last time, in hexadecimal; waits until it is `length` bytes or it closes. */
  async heard(length: number): Promise<string> {
    while (this.#heard.length < length && !this.#closed) await this.#changed.wait(never);
    return this.#heard.take().toString("hex");
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const bytes = this.#sent.shift();
      if (bytes !== undefined) return { done: false, value: bytes };
      if (this.#ended || this.#closed) return { done: true, value: undefined };
      await this.#changed.wait(never);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    while (this.deaf && !this.#closed) await this.#changed.wait(never);
    if (this.#closed) throw new Error("write after close");
    this.#heard.append(bytes);
    this.#changed.notify();
  }
}
