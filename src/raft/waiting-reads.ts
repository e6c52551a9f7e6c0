import type { LogIndex } from "./core/log-entry.ts";

interface Reader {
  resolve(index: LogIndex): void;
  reject(error: Error): void;
}

/** Those who want to read: first they wait for a proof, by the number of their batch, then until enough is applied. */
export class WaitingReads {
  #lastBatch = 0;
  #gathering: Reader[] = [];
  readonly #unproven = new Map<number, readonly Reader[]>();
  #proven: { readonly index: LogIndex; readonly readers: readonly Reader[] }[] = [];

  /** Resolves once all that was committed by now is applied; `begin` is called soon, once for all that ask meanwhile. */
  wait(begin: () => void): Promise<LogIndex> {
    if (this.#gathering.length === 0) queueMicrotask(begin);
    return new Promise((resolve, reject) => this.#gathering.push({ resolve, reject }));
  }

  /** The number of a batch of all who have asked; undefined when they have been turned away meanwhile. */
  takeBatch(): number | undefined {
    if (this.#gathering.length === 0) return undefined;
    this.#lastBatch++;
    this.#unproven.set(this.#lastBatch, this.#gathering);
    this.#gathering = [];
    return this.#lastBatch;
  }

  proven(batch: number, index: LogIndex, applied: LogIndex): void {
    const readers = this.#unproven.get(batch);
    if (readers === undefined) return;
    this.#unproven.delete(batch);
    this.#proven.push({ index, readers });
    this.applied(applied);
  }

  applied(through: LogIndex): void {
    if (this.#proven.length === 0) return;
    const ready = this.#proven.filter(({ index }) => index <= through);
    this.#proven = this.#proven.filter(({ index }) => index > through);
    for (const { index, readers } of ready) for (const reader of readers) reader.resolve(index);
  }

  /** Nobody who waits will be answered here. */
  reject(error: Error): void {
    const waiting = [this.#gathering, ...this.#unproven.values(), ...this.#proven.map(({ readers }) => readers)].flat();
    this.#gathering = [];
    this.#unproven.clear();
    this.#proven = [];
    for (const reader of waiting) reader.reject(error);
  }
}
