import type { Duration } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";

/** Waits for `time`. False when `signal` fired first: there is nothing left to wait for. */
export async function pause(clock: Clock, time: Duration, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(time, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
