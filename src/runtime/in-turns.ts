import { between, later, milliseconds, type Steps } from "../base/index.ts";
import type { Clock } from "./clock.ts";

/** So long the event loop may be kept from other work. */
export const longTurn = milliseconds(10);

/** Takes all steps of a work; whenever they have taken long, everything else that waits comes first. */
export async function inTurns<Result>(clock: Pick<Clock, "now" | "at">, steps: Steps<Result>): Promise<Result> {
  let began = clock.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (between(began, clock.now()) < longTurn) continue;
    await new Promise<void>((resolve) => clock.at(later(clock.now(), milliseconds(0)), resolve));
    began = clock.now();
  }
}
