import { firstOf, later } from "../base/index.ts";
import { DEFAULT_TIMING } from "../raft/index.ts";
import type { ServerContext } from "./endpoint.ts";
import type { KnownServer } from "./membership/known-servers.ts";

/**
 * For so long a successor may hesitate; then the others must elect one themselves, once they miss us. An agent has five
 * seconds to leave, of which the goodbyes may take four.
 */
const patience = DEFAULT_TIMING.electionTimeout;

type Leaving = Pick<ServerContext, "config" | "membership" | "raft" | "runtime">;

/**
 * Leaves the cluster for good. A leader lets another server lead first: the cluster need not miss it before it can go
 * on, and there is somebody to take it out of Raft, who hears its goodbye. Whoever is alone just goes.
 */
export async function leaveCluster(
  { config, membership, raft, runtime }: Leaving,
  servers: () => readonly KnownServer[],
  signal: AbortSignal,
): Promise<void> {
  const log = runtime.log.named("nomad");
  const isAlive = (address: string) =>
    servers().some(({ status, rpcAddress }) => status === "alive" && rpcAddress === address);
  const successor = raft.members.find(
    ({ voter, address }) => voter && address !== config.rpcAddress && isAlive(address),
  );
  if (raft.isLeader && successor !== undefined) {
    log.info("handing over the leadership before leaving", { to: successor.address });
    raft.transferLeadership(successor.id);
    await untilLost(raft, runtime, signal);
  }
  await membership.leave();
}

async function untilLost(raft: Leaving["raft"], { clock }: Leaving["runtime"], signal: AbortSignal): Promise<void> {
  const deadline = later(clock.now(), patience);
  while (raft.isLeader && !signal.aborted && clock.now() < deadline) {
    await firstOf(signal, raft.changed, (passed) => clock.at(deadline, passed));
  }
}
