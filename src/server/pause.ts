import { type Duration, firstOf, later } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";

/** Waits for `time`. False when `signal` fired first: there is nothing left to wait for. */
export async function pause(clock: Clock, time: Duration, signal: AbortSignal): Promise<boolean> {
  const end = later(clock.now(), time);
  await firstOf(signal, (passed) => clock.at(end, passed));
  return !signal.aborted;
}
