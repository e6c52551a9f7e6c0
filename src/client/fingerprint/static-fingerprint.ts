import type { Fingerprint, NodeFacts } from "./fingerprint.ts";
import { networkFacts } from "./network.ts";

/** A node as it is wished, where there is no hardware to look at. */
export interface StaticResources {
  readonly cpuMHz: number;
  readonly memoryMB: number;
  readonly diskMB: number;
  /** Absent means loopback with 1000 Mbit/s. */
  readonly network?: { readonly device: string; readonly address: string; readonly mbits: number };
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Gives a node the resources it is told to have: for simulated machines. */
export function staticFingerprint(resources: StaticResources): Fingerprint {
  const { device, address, mbits } = resources.network ?? { device: "lo", address: "127.0.0.1", mbits: 1000 };
  const network = networkFacts(device, address, mbits);
  const facts: NodeFacts = {
    ...network,
    attributes: { "kernel.name": "linux", ...network.attributes, ...resources.attributes },
    cpuMHz: resources.cpuMHz,
    memoryMB: resources.memoryMB,
    diskMB: resources.diskMB,
  };
  return { name: "static", detect: () => Promise.resolve(facts) };
}
