import { type Duration, formatGoDuration, parseGoDuration, seconds } from "../base/index.ts";
import { type Clock, type Log, pause } from "../runtime/index.ts";
import type { Server } from "../server/index.ts";
import type { Settings } from "./config/settings.ts";

/** Contacts the servers that an agent must join at its start; the reason why none answered, or how many did. */
export async function joinAtStart(
  server: Pick<Server, "membership">,
  { Server: { StartJoin } }: Settings,
): Promise<{ readonly joined: number; readonly error: string } | undefined> {
  return StartJoin.length === 0 ? undefined : server.membership.join(StartJoin);
}

const usualInterval = seconds(30);

/**
 * Tries to join until it works, in the background. Resolves with true when it worked or there is nothing to join, with
 * false when all attempts are used up; `retry_max = 0` never gives up.
 */
export async function keepJoining(
  server: Pick<Server, "membership">,
  { Server: { RetryJoin, RetryInterval, RetryMaxAttempts } }: Settings,
  world: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<boolean> {
  if (RetryJoin.length === 0) return true;
  world.log.info("Joining cluster...");
  const interval: Duration = RetryInterval === "" ? usualInterval : parseGoDuration(RetryInterval);
  for (let attempt = 0; !signal.aborted; attempt++) {
    const { joined, error } = await server.membership.join(RetryJoin);
    if (joined > 0) {
      world.log.info(`Join completed. Synced with ${joined} initial agents`);
      return true;
    }
    if (RetryMaxAttempts > 0 && attempt >= RetryMaxAttempts) {
      world.log.error("max join retry exhausted, exiting");
      return false;
    }
    world.log.warn(`Join failed: ${error}, retrying in ${formatGoDuration(interval)}`);
    await pause(world.clock, interval, signal);
  }
  return true;
}
