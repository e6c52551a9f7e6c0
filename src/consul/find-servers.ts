import type { Random } from "../base/index.ts";
import type { ConsulApi } from "./consul-api.ts";
import { ConsulRefusal } from "./consul-failure.ts";

/** In so many datacenters servers are looked for, the nearest one first. */
const mostDatacenters = 9;
/** No cluster has more servers: what Consul names besides is not heard. */
const mostServers = 100;

/** By which tag an agent's services are told apart. */
export type ServerTag = "rpc" | "serf";

/**
 * Where Consul knows servers, as `host:port` of their RPC or gossip: of the own datacenter first, of others in an order
 * by chance. Empty when it knows none. Throws as `ConsulApi` does when it does not answer.
 */
export async function findServers(
  consul: ConsulApi,
  random: Random,
  service: { readonly name: string; readonly tag: ServerTag },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [nearest, ...others] = await consul.datacenters(signal);
  if (nearest === undefined) return [];
  const found: string[] = [];
  for (const datacenter of [nearest, ...shuffled(others, random)].slice(0, mostDatacenters)) {
    try {
      found.push(...(await consul.addresses({ ...service, datacenter }, signal)));
    } catch (error) {
      // A datacenter may be cut off while the others are well.
      if (!(error instanceof ConsulRefusal)) throw error;
    }
  }
  return [...new Set(found)].slice(0, mostServers);
}

function shuffled(texts: readonly string[], random: Random): readonly string[] {
  return texts
    .map((text) => ({ text, place: random.fraction() }))
    .sort((a, b) => a.place - b.place)
    .map(({ text }) => text);
}
