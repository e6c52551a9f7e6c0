import { assert } from "../../base/index.ts";
import type { LogIndex } from "./log-entry.ts";

/**
 * How much of the log in memory is on disk. Batches are confirmed by number, not by index: an index may have been
 * truncated and written again while the first write of it was still under way.
 */
export class Durability {
  #through: LogIndex;
  #lastBegun = 0;
  #lastConfirmed = 0;
  #underWay: { readonly batch: number; readonly through: LogIndex }[] = [];

  constructor(restoredThrough: LogIndex) {
    this.#through = restoredThrough;
  }

  /** The last entry that would survive a crash now, as it stands in memory. */
  get through(): LogIndex {
    return this.#through;
  }

  get nextBatch(): number {
    return this.#lastBegun + 1;
  }

  isConfirmed(batch: number): boolean {
    return batch <= this.#lastConfirmed;
  }

  /** A batch goes out, after which the disk will hold the log through `through`. Returns its number. */
  begin(through: LogIndex): number {
    this.#lastBegun++;
    this.#underWay.push({ batch: this.#lastBegun, through });
    return this.#lastBegun;
  }

  /** Entries from `from` on are no longer what the writes so far carry. */
  truncated(from: LogIndex): void {
    this.#through = Math.min(this.#through, from - 1);
    this.#underWay = this.#underWay.map(({ batch, through }) => ({ batch, through: Math.min(through, from - 1) }));
  }

  confirm(batch: number): void {
    assert(batch > this.#lastConfirmed && batch <= this.#lastBegun, "batches are confirmed in order, once");
    this.#lastConfirmed = batch;
    for (const done of this.#underWay) if (done.batch <= batch) this.#through = Math.max(this.#through, done.through);
    this.#underWay = this.#underWay.filter((write) => write.batch > batch);
  }
}
