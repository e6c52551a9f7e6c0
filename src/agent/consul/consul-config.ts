import type { Settings } from "../config/settings.ts";

/** What an agent does in Consul for itself. */
export interface ConsulConfig {
  /** Where this agent's own services are, each as `host:port`, under the names they have in Consul; empty to keep quiet. */
  readonly advertised: readonly AdvertisedService[];
  /** The name under which this agent's server, if it has one, looks for others to join; undefined if it does not. */
  readonly joins: string | undefined;
  /** Whether it is to begin a cluster by itself, and looks for others only if that comes to nothing. */
  readonly beginsAlone: boolean;
}

/** One way to reach an agent. */
export interface AdvertisedService {
  readonly role: "server" | "client";
  readonly name: string;
  readonly tag: "http" | "rpc" | "serf";
  readonly address: string;
}

/** `advertised` tells where others reach this agent. */
export function consulConfig(
  { Consul, Server, Client, DevMode }: Settings,
  advertised: (service: "HTTP" | "RPC" | "Serf") => string,
): ConsulConfig {
  const name = Consul.ServerServiceName;
  const http: AdvertisedService = { role: "server", name, tag: "http", address: advertised("HTTP") };
  const cluster: readonly AdvertisedService[] = [
    { role: "server", name, tag: "rpc", address: advertised("RPC") },
    { role: "server", name, tag: "serf", address: advertised("Serf") },
  ];
  // The server of a development agent is alone, and opens no ports for others.
  const server = DevMode ? [http] : [http, ...cluster];
  const client: AdvertisedService = {
    role: "client",
    name: Consul.ClientServiceName,
    tag: "http",
    address: advertised("HTTP"),
  };
  return {
    advertised: Consul.AutoAdvertise ? [...(Server.Enabled ? server : []), ...(Client.Enabled ? [client] : [])] : [],
    joins: Server.Enabled && Consul.ServerAutoJoin && !DevMode ? name : undefined,
    beginsAlone: Server.BootstrapExpect === 1,
  };
}
