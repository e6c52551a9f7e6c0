import type { RpcCaller } from "../../api/index.ts";
import { minutes } from "../../base/index.ts";
import { RpcPool, type Snapshots } from "../../rpc/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { ClientConfig } from "../config.ts";
import { rebalanceServers } from "./rebalance.ts";
import { RemoteCaller } from "./remote-caller.ts";
import { remoteSnapshots } from "./remote-snapshots.ts";
import { ServerList } from "./server-list.ts";

/** How an agent that is no server itself reaches the servers. */
export interface ServerConnections {
  /** For the client, and for all that the agent's HTTP API asks. */
  readonly rpc: RpcCaller;
  readonly snapshots: Snapshots;
  /** Whom it asks; the client that is given it keeps it up to date. */
  readonly servers: ServerList;
  /** Ends blocking queries, lets other calls be answered, ends all connections; resolves when they have ended. */
  close(): Promise<void>;
}

/** Begins to reach servers: those of the configuration first. Connects when something is asked. */
export function connectServers(
  runtime: Pick<Runtime, "clock" | "network" | "random" | "log">,
  config: Pick<ClientConfig, "servers" | "region" | "datacenter">,
): ServerConnections {
  const servers = new ServerList(runtime.random, config.datacenter);
  const unreadable = servers.add(config.servers ?? []);
  if (unreadable.length > 0) runtime.log.named("client").warn("server addresses cannot be read", { unreadable });
  const pool = new RpcPool(runtime, { idleTime: minutes(5), idleStreams: 2 });
  const caller = new RemoteCaller(runtime, pool, servers, config.region);
  const ending = new AbortController();
  const rebalancing = rebalanceServers(runtime, servers, (...asked) => caller.ping(...asked), ending.signal);
  return {
    rpc: caller,
    snapshots: remoteSnapshots(runtime.clock, pool, servers, config.region),
    servers,
    close: async () => {
      ending.abort();
      await rebalancing;
      await caller.close();
      await pool.close();
    },
  };
}
