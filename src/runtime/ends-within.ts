import { type Duration, later } from "../base/index.ts";
import type { Clock } from "./clock.ts";

/** Whether `work` ends within `time`. Rejects with it. */
export function endsWithin(clock: Pick<Clock, "now" | "at">, work: Promise<unknown>, time: Duration): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.at(later(clock.now(), time), () => resolve(false));
    work.then(() => resolve(true), reject).finally(cancel);
  });
}
