import { type Duration, firstOf, type Happening, later, seconds } from "../base/index.ts";
import type { Member } from "../raft/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { ServerConfig } from "./config.ts";
import type { KnownServer } from "./membership/known-servers.ts";

const lookAgain: Duration = seconds(1);

export interface Founding {
  readonly config: ServerConfig;
  /** This server, as it would take part. */
  readonly self: Member;
  readonly clock: Clock;
  /** Servers that gossip knows. */
  readonly servers: () => readonly KnownServer[];
  readonly serversChanged: Happening;
  /** True once this server is part of a configuration: somebody has added it, or it was part of one before. */
  readonly isMember: () => boolean;
  /** Asks a server, by its RPC address, for the servers of its configuration. */
  readonly peersOf: (address: string) => Promise<{ readonly reply: readonly string[] }>;
}

/**
 * Waits until as many servers of the region as are expected know of each other, and gives the configuration they begin
 * with; undefined if there is a cluster already, which will add this server by itself.
 */
export async function foundCluster(founding: Founding, signal: AbortSignal): Promise<readonly Member[] | undefined> {
  const { config, clock } = founding;
  if (founding.isMember() || config.bootstrapExpect === 0) return undefined;
  if (config.bootstrapExpect === 1) return [founding.self];
  while (!signal.aborted && !founding.isMember()) {
    const founders = foundersAmong(founding.servers(), config);
    if (founders !== undefined) {
      const known = await clusterAmong(founders, founding);
      if (known === "there") return undefined;
      if (known === "none") return founders.map(({ id, rpcAddress }) => ({ id, address: rpcAddress, voter: true }));
    }
    await firstOf(signal, founding.serversChanged, (passed) => clock.at(later(clock.now(), lookAgain), passed));
  }
  return undefined;
}

/** The servers that begin the cluster, the same on each of them; undefined while some are missing. */
export function foundersAmong(
  servers: readonly KnownServer[],
  config: Pick<ServerConfig, "region" | "bootstrapExpect">,
): readonly KnownServer[] | undefined {
  const willing = servers.filter(
    ({ region, status, expect }) => region === config.region && status === "alive" && expect === config.bootstrapExpect,
  );
  if (willing.length < config.bootstrapExpect) return undefined;
  return willing.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, config.bootstrapExpect);
}

/** Whether any of these is part of a cluster already. While one of them does not say, nobody knows. */
async function clusterAmong(
  servers: readonly KnownServer[],
  { config, peersOf }: Founding,
): Promise<"there" | "none" | "unknown"> {
  const others = servers.filter(({ rpcAddress }) => rpcAddress !== config.rpcAddress);
  const answers = await Promise.all(
    others.map(async ({ rpcAddress }) => {
      const answer = await peersOf(rpcAddress).catch(() => undefined);
      return answer?.reply.length;
    }),
  );
  if (answers.some((peers) => peers !== undefined && peers > 0)) return "there";
  return answers.includes(undefined) ? "unknown" : "none";
}
