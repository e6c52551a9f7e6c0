import { between, type Duration, type Instant, seconds } from "../base/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { Server } from "../server/index.ts";

/** So many allocations that change in so short a time are a rush. */
const many = 500;
const shortTime: Duration = seconds(1);

/**
 * Calls `began` once, when a server first changes many allocations in a short time: until then it needs no more memory than any
 * other agent.
 */
export function onPlacementRush(server: Pick<Server, "state">, clock: Pick<Clock, "now">, began: () => void): void {
  let first: Instant | undefined;
  let changed = 0;
  const stop = server.state.observe(({ changes }) => {
    const allocations = changes.filter(({ table }) => table === "allocations").length;
    if (allocations === 0) return;
    const now = clock.now();
    if (first === undefined || between(first, now) > shortTime) {
      first = now;
      changed = 0;
    }
    changed += allocations;
    if (changed < many) return;
    stop();
    began();
  });
}
