import { seconds } from "../../base/index.ts";
import { pause, type Runtime } from "../../runtime/index.ts";
import type { ServerList } from "./server-list.ts";

const firstRebalance = seconds(600);

/**
 * Spreads clients over servers, also over those that came later: from time to time puts the servers in an order by
 * chance, beginning with one that answers `ping`. When none answers, all stays as it is. Runs until `signal` fires.
 */
export async function rebalanceServers(
  { clock, log }: Pick<Runtime, "clock" | "log">,
  servers: ServerList,
  ping: (address: string, signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  let wait = firstRebalance;
  while (await pause(clock, wait, signal)) {
    await rebalanceOnce(servers, (address) => ping(address, signal));
    log.named("client").debug("servers rebalanced", { server: servers.first, known: servers.addresses().length });
    wait = servers.nextRebalance();
  }
}

async function rebalanceOnce(servers: ServerList, answers: (address: string) => Promise<boolean>): Promise<void> {
  const order = servers.shuffled();
  if (order.length < 2) return;
  for (const [place, address] of order.entries()) {
    if (!(await answers(address))) continue;
    servers.reorder([...order.slice(place), ...order.slice(0, place)]);
    return;
  }
}
