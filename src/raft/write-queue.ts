import type { DurableBatch } from "./core/effects.ts";
import type { Envelope } from "./core/messages.ts";
import { LogStoreFull } from "./errors.ts";
import type { LogStore } from "./log-store.ts";

/** Who is told what became of writes. */
export interface WriteQueueOwner {
  /** These may be sent now, and the batches through this number are durable. */
  done(envelopes: readonly Envelope[], throughBatch: number | undefined): void;
  /** The disk has no room. Resolves when the write is to be tried again, or the queue is closed. */
  full(error: LogStoreFull): Promise<void>;
  /** There was room again. */
  free(): void;
  /** Nothing more is written. */
  failed(error: unknown): void;
}

/**
 * Group commit: what is to be written while a sync is under way is gathered and goes out as one write with one sync.
 * Envelopes wait for every batch that came before them.
 */
export class WriteQueue {
  readonly #store: LogStore;
  readonly #owner: WriteQueueOwner;
  #waiting: { readonly batch: DurableBatch | undefined; readonly envelopes: readonly Envelope[] }[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(store: LogStore, owner: WriteQueueOwner) {
    this.#store = store;
    this.#owner = owner;
  }

  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  push(batch: DurableBatch | undefined, envelopes: readonly Envelope[]): void {
    if (batch === undefined && this.#writing === undefined) {
      this.#owner.done(envelopes, undefined);
      return;
    }
    this.#waiting.push({ batch, envelopes });
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when no write is under way; what had not begun is not written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const group = this.#waiting;
      this.#waiting = [];
      const batches = group.flatMap(({ batch }) => (batch === undefined ? [] : [batch]));
      if (batches.length > 0) await this.#write(batches);
      if (this.#isClosed) return;
      this.#owner.done(
        group.flatMap(({ envelopes }) => envelopes),
        batches.at(-1)?.number,
      );
    }
    this.#writing = undefined;
  }

  /** Until it is written, or the queue is closed: a full disk is waited out, any other failure closes the queue. */
  async #write(batches: readonly DurableBatch[]): Promise<void> {
    for (let wasFull = false; !this.#isClosed; wasFull = true) {
      try {
        await this.#store.write(batches);
        if (wasFull && !this.#isClosed) this.#owner.free();
        return;
      } catch (error) {
        if (error instanceof LogStoreFull) await this.#owner.full(error);
        else this.#fail(error);
      }
    }
  }

  #fail(error: unknown): void {
    this.#isClosed = true;
    this.#owner.failed(error);
  }
}
