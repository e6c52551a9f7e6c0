import { type Duration, type Instant, later } from "../../base/index.ts";

/**
 * Leaving in good order: first the intent is spread, so that others know the silence for what it is; then SWIM says
 * goodbye; then a while to let both travel. Each part has a deadline: we leave in any case.
 */
export type Departure =
  | { readonly phase: "intent"; readonly until: Instant; spread: boolean }
  | { readonly phase: "farewell"; readonly until: Instant }
  | { readonly phase: "propagate"; readonly until: Instant }
  | { readonly phase: "departed" };

export function intentPhase(now: Instant, timeout: Duration, options: { readonly alone: boolean }): Departure {
  return { phase: "intent", until: later(now, timeout), spread: options.alone };
}

/** When the present part ends if nothing happens before. */
export function departureDeadline(departure: Departure | undefined): Instant | undefined {
  return departure === undefined || departure.phase === "departed" ? undefined : departure.until;
}
