import type { DurableBatch } from "./core/effects.ts";
import type { Envelope } from "./core/messages.ts";
import type { LogStore } from "./log-store.ts";

/**
 * Group commit: what is to be written while a sync is under way is gathered and goes out as one write with one sync.
 * Envelopes wait for every batch that came before them.
 */
export class WriteQueue {
  readonly #store: LogStore;
  readonly #done: (envelopes: readonly Envelope[], throughBatch: number | undefined) => void;
  readonly #failed: (error: unknown) => void;
  #waiting: { readonly batch: DurableBatch | undefined; readonly envelopes: readonly Envelope[] }[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;

  /** `done` is told what may be sent now and the last batch that is durable; after `failed` nothing more is written. */
  constructor(
    store: LogStore,
    done: (envelopes: readonly Envelope[], throughBatch: number | undefined) => void,
    failed: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#done = done;
    this.#failed = failed;
  }

  push(batch: DurableBatch | undefined, envelopes: readonly Envelope[]): void {
    if (batch === undefined && this.#writing === undefined) {
      this.#done(envelopes, undefined);
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
      try {
        if (batches.length > 0) await this.#store.write(batches);
      } catch (error) {
        this.#isClosed = true;
        this.#failed(error);
      }
      if (this.#isClosed) return;
      this.#done(
        group.flatMap(({ envelopes }) => envelopes),
        batches.at(-1)?.number,
      );
    }
    this.#writing = undefined;
  }
}
