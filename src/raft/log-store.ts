import type { DurableBatch, DurableState } from "./core/effects.ts";

/**
 * Where a server's term, vote and log outlive it. The host calls `write` again only when the last call has resolved,
 * so a store sees everything in order and may keep its own end of the log in a variable.
 */
export interface LogStore {
  /** All that survived; asked once, before anything is written. Rejects rather than give less than was written. */
  load(): Promise<DurableState>;
  /**
   * Carries out `batches` in their order as one write with one sync. Resolves when all of it would survive power
   * loss. Rejects with `LogStoreFull` when there is no room: then nothing was written, and the same is asked again. Rejects
   * with anything else when nothing is certain, after which the store is not used again.
   */
  write(batches: readonly DurableBatch[]): Promise<void>;
  /** What to tell of a log that is whole itself and does not fit what is beside it; `found` says how. */
  misfit(found: string): Error;
  close(): Promise<void>;
}
