import { seconds } from "../../base/index.ts";
import type { ConsulSelf } from "../../consul/index.ts";
import type { Fingerprint, NodeFacts } from "./fingerprint.ts";

/** Which Consul this node has: attributes `consul.*` and a link, gone again when Consul goes. Source: Nomad 0.4.1. */
export const consulFingerprint: Fingerprint = {
  name: "consul",
  inBackground: true,
  period: seconds(15),
  async detect({ consul, signal }) {
    if (consul === undefined) return undefined;
    try {
      return consulFacts(await consul.api.self(signal));
    } catch {
      return consulFacts(undefined);
    }
  },
};

/** What Consul's agent says of itself, as facts of the node; nothing when there is none. */
export function consulFacts(self: ConsulSelf | undefined): NodeFacts {
  return {
    attributes: {
      "consul.server": self && String(self.isServer),
      "consul.version": self?.version,
      "consul.revision": self?.revision,
      "consul.datacenter": self?.datacenter,
      "unique.consul.name": self?.nodeName,
    },
    links: { consul: self && `${self.datacenter}.${self.nodeName}` },
  };
}
