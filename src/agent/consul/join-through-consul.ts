import { type Duration, later, seconds, times } from "../../base/index.ts";
import { type ConsulApi, ConsulRefusal, ConsulSilent, findServers } from "../../consul/index.ts";
import { type Log, pause, type Runtime } from "../../runtime/index.ts";
import type { Server } from "../../server/index.ts";

/** How often it is looked whether a leader is known. */
const lookEvery: Duration = seconds(1);
/** A server of a cluster is so long without a leader before others are looked for: an election takes less. */
const patience: Duration = seconds(15);
/** Looks at Consul are so far apart at first, and by and by as far as this; up to half as much is added by chance. */
const firstPause: Duration = seconds(2);
const longestPause: Duration = seconds(45);

/**
 * Lets a server that knows no leader join those that Consul knows under `service`. One that has never been in a cluster
 * looks at once, one that has lost its leader after a while. Source: Nomad 0.4.1, which waits 45 s after a look in vain.
 */
export async function joinThroughConsul(
  runtime: Pick<Runtime, "clock" | "random"> & { readonly log: Log },
  consul: ConsulApi,
  server: Pick<Server, "membership" | "raftMembers" | "statistics">,
  { service, beginsAlone }: { readonly service: string; readonly beginsAlone: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log } = runtime;
  let lookFrom = beginsAlone || server.raftMembers().length > 0 ? later(clock.now(), patience) : clock.now();
  let wait = firstPause;
  do {
    if (knowsLeader(server)) {
      lookFrom = later(clock.now(), patience);
      wait = firstPause;
      continue;
    }
    if (clock.now() < lookFrom) continue;
    await look(consul, server, { ...runtime, service, log }, signal);
    lookFrom = later(clock.now(), times(wait, 1 + random.fraction() / 2));
    wait = times(wait, 2) < longestPause ? times(wait, 2) : longestPause;
  } while (await pause(clock, lookEvery, signal));
}

async function look(
  consul: ConsulApi,
  { membership }: Pick<Server, "membership">,
  world: Pick<Runtime, "random"> & { readonly log: Log; readonly service: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    const found = await findServers(consul, world.random, { name: world.service, tag: "serf" }, signal);
    const known = new Set(membership.members().map(({ Addr, Port }) => `${Addr}:${Port}`));
    const others = found.filter((address) => !known.has(address));
    if (others.length === 0) return;
    const { joined, error } = await membership.join(others);
    if (joined > 0) world.log.info("joined servers that Consul knows", { joined });
    else world.log.debug("no server that Consul knows answers", { reason: error });
  } catch (error) {
    // That Consul is away is said once, by whoever registers there.
    if (!(error instanceof ConsulSilent || error instanceof ConsulRefusal) && !signal.aborted) throw error;
  }
}

function knowsLeader(server: Pick<Server, "statistics">): boolean {
  return (server.statistics().nomad?.leader_addr ?? "") !== "";
}
