import { seconds } from "../../base/index.ts";
import { type CheckEntry, checkID, hostAndPort, type ServiceEntry, serviceID } from "../../consul/index.ts";
import type { AdvertisedService } from "./consul-config.ts";

const interval = seconds(10);
const timeout = seconds(3);

/** Asked whether an agent is well: what answers soon, wherever the leader is. */
const healthPaths = { server: "/v1/status/peers", client: "/v1/agent/servers" } as const;
const roleNames = { server: "Server", client: "Client" } as const;
const tagNames = { http: "HTTP", rpc: "RPC", serf: "Serf" } as const;

/** An agent's own service as Consul is to have it, with the check that says whether it is well. */
export function ownService(service: AdvertisedService, marks: ServiceEntry["meta"]): ServiceEntry {
  const { role, name, tag, address } = service;
  const id = serviceID(role, name, [tag]);
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  // An agent that listens everywhere is where its Consul is, as far as is known.
  const isEverywhere = bare === "0.0.0.0" || bare === "::" || bare === "";
  const reached = hostAndPort(isEverywhere ? "127.0.0.1" : bare, Number(port));
  return {
    ...{ id, name, tags: [tag], address: isEverywhere ? "" : bare, port: Number(port), meta: marks },
    checks: [healthCheck(id, service, reached)],
  };
}

function healthCheck(service: string, { role, tag }: AdvertisedService, address: string): CheckEntry {
  const name = `Nomad ${roleNames[role]} ${tagNames[tag]} Check`;
  const isHttp = tag === "http";
  const identity = {
    ...{ Name: name, Type: isHttp ? "http" : "tcp", Command: "", Args: [], PortLabel: "" },
    ...{ Path: isHttp ? healthPaths[role] : "", Protocol: isHttp ? "http" : "" },
    ...{ Interval: interval, Timeout: timeout },
  };
  return {
    id: checkID(service, identity),
    name,
    how: isHttp
      ? { kind: "http", url: `http://${address}${healthPaths[role]}`, interval, timeout }
      : { kind: "tcp", address, interval, timeout },
    status: () => "",
  };
}
