import { between, type Duration, longer, seconds, times } from "../../base/index.ts";
import { type ConsulApi, ConsulRefusal, ConsulSilent, findServers } from "../../consul/index.ts";
import { pause, type Runtime } from "../../runtime/index.ts";
import type { Registration } from "../registration.ts";
import type { ServerList } from "./server-list.ts";

/** How often it is looked whether servers still answer. */
const lookEvery: Duration = seconds(5);
/** A node is lost when it has not been heard for so many times as long as the servers grant. */
const lostAfter = 3;
/** Servers that the operator has named have so much time at first. */
const patience: Duration = seconds(15);

/**
 * Looks in Consul for servers, under the name `service`, whenever none is known or none has answered for too long.
 * Source: Nomad 0.4.1.
 */
export async function findThroughConsul(
  runtime: Pick<Runtime, "clock" | "random" | "log">,
  consul: ConsulApi,
  {
    servers,
    registration,
    service,
  }: {
    readonly servers: ServerList;
    readonly registration: Pick<Registration, "contact">;
    readonly service: string;
  },
  signal: AbortSignal,
): Promise<void> {
  const { clock, random } = runtime;
  const log = runtime.log.named("consul");
  const since = clock.now();
  do {
    const { heardAt = since, granted } = registration.contact;
    const isLost = between(heardAt, clock.now()) > longer(times(granted, lostAfter), patience);
    if (servers.first !== undefined && !isLost) continue;
    try {
      const found = await findServers(consul, random, { name: service, tag: "rpc" }, signal);
      const added = servers.addFound(found);
      if (added > 0) log.info("found servers through Consul", { servers: added });
    } catch (error) {
      // That Consul is away is said once, by whoever registers there.
      if (!(error instanceof ConsulSilent || error instanceof ConsulRefusal) && !signal.aborted) throw error;
    }
  } while (await pause(clock, between(since, clock.now()) < patience ? seconds(1) : lookEvery, signal));
}
