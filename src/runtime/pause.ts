import { type Duration, firstOf, later } from "../base/index.ts";
import type { Clock } from "./clock.ts";

/** What waiting asks of a clock. */
type Timer = Pick<Clock, "now" | "at">;

/** Waits for `time`. False when `signal` fired first: there is nothing left to wait for. */
export async function pause(clock: Timer, time: Duration, signal: AbortSignal): Promise<boolean> {
  const end = later(clock.now(), time);
  await firstOf(signal, (passed) => clock.at(end, passed));
  return !signal.aborted;
}

/** What `sleep` means on every clock: as `pause`, but it rejects with the signal's reason when that fires first. */
export async function sleepOn(clock: Timer, time: Duration, signal: AbortSignal): Promise<void> {
  if (!(await pause(clock, time, signal))) throw signal.reason;
}
