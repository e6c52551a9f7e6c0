import { type Dictionary, deepEqual, dictionary, formatRfc3339, type Instant, merged, WakeUp } from "../base/index.ts";
import type { Fingerprint as DriverFingerprint } from "../drivers/index.ts";
import {
  type DriverInfo,
  type NetworkResource,
  type Node,
  type NodeID,
  type NodeStatus,
  node as nodeSchema,
  type Resources,
  resources as resourcesSchema,
} from "../model/index.ts";
import type { ChangeableConfig, ClientConfig, ReservedResources } from "./config.ts";
import type { NodeFacts } from "./fingerprint/fingerprint.ts";

/** The node as its client describes it. It changes as fingerprints and drivers find things out. */
export class LocalNode {
  #node: Node;
  readonly #config: ClientConfig;
  #reserved: ReservedResources;
  #revision = 0;
  #isLeaving = false;
  /** Told whenever the description has changed; not for a change of status. */
  readonly changed = new WakeUp();

  constructor(config: ClientConfig, id: NodeID) {
    this.#config = config;
    this.#reserved = config.reserved;
    this.#node = nodeSchema.parse({
      ID: id,
      Datacenter: config.datacenter,
      Name: config.nodeName || id,
      HTTPAddr: config.httpAddress,
      Meta: dictionary(Object.entries(config.meta)),
      NodeClass: config.nodeClass,
      NodePool: "default",
      SchedulingEligibility: "eligible",
      Status: "initializing",
      Resources: {},
      Reserved: {},
    });
    this.#describeResources(resourcesSchema.parse({}));
  }

  get value(): Node {
    return this.#node;
  }

  /** Grows with every change of the description. */
  get revision(): number {
    return this.#revision;
  }

  setStatus(status: NodeStatus): void {
    if (!this.#isLeaving) this.#node = { ...this.#node, Status: status };
  }

  /** From now on the node is down, whatever its registrations come to. */
  leave(): void {
    this.setStatus("down");
    this.#isLeaving = true;
  }

  /** Takes in what the operator says of it anew. */
  describe({ meta, nodeClass, reserved }: Omit<ChangeableConfig, "published">): void {
    const before = this.#node;
    this.#reserved = reserved;
    this.#node = { ...before, Meta: dictionary(Object.entries(meta)), NodeClass: nodeClass };
    this.#describeResources(before.Resources as Resources);
    this.#noteChange(before);
  }

  /** Takes in what a fingerprint found. */
  add(facts: NodeFacts): void {
    const before = this.#node;
    const Attributes = withoutUndefined({ ...before.Attributes, ...facts.attributes });
    const Links = withoutUndefined({ ...before.Links, ...facts.links });
    const hostname = this.#config.nodeName === "" ? Attributes["unique.hostname"] : undefined;
    this.#node = { ...before, Attributes, Links, Name: hostname ?? before.Name };
    const resources = before.Resources as Resources;
    this.#describeResources({
      ...resources,
      CPU: facts.cpuMHz ?? resources.CPU,
      MemoryMB: facts.memoryMB ?? resources.MemoryMB,
      DiskMB: facts.diskMB ?? resources.DiskMB,
      Networks: withNetworks(resources.Networks, facts.networks ?? []),
    });
    this.#noteChange(before);
  }

  /** Takes in what a driver says of itself. */
  setDriver(name: string, found: DriverFingerprint, now: Instant): void {
    const before = this.#node;
    const known = before.Drivers[name];
    const info: DriverInfo = {
      Attributes: dictionary(Object.entries(found.attributes)),
      Detected: found.detected,
      Healthy: found.healthy,
      HealthDescription: found.description,
      UpdateTime: formatRfc3339(now),
    };
    if (known !== undefined && deepEqual({ ...known, UpdateTime: "" }, { ...info, UpdateTime: "" })) return;
    const attributes = withoutUndefined({
      ...before.Attributes,
      ...dictionary(Object.keys(known?.Attributes ?? {}).map((key) => [key, undefined] as const)),
      ...info.Attributes,
    });
    this.#node = { ...before, Attributes: attributes, Drivers: merged(before.Drivers, { [name]: info }) };
    this.#noteChange(before);
  }

  /** The same resources in the shapes of older and of newer programs. */
  #describeResources(resources: Resources): void {
    const { minDynamicPort, maxDynamicPort } = this.#config;
    const reserved = this.#reserved;
    this.#node = {
      ...this.#node,
      Resources: resources,
      Reserved: reservedResources(reserved, resources.Networks),
      NodeResources: {
        Cpu: { CpuShares: resources.CPU },
        Memory: { MemoryMB: resources.MemoryMB },
        Disk: { DiskMB: resources.DiskMB },
        Networks: resources.Networks,
        NodeNetworks: resources.Networks.map(nodeNetwork),
        Devices: [],
        MinDynamicPort: minDynamicPort,
        MaxDynamicPort: maxDynamicPort,
      },
      ReservedResources: {
        Cpu: { CpuShares: reserved.cpuMHz },
        Memory: { MemoryMB: reserved.memoryMB },
        Disk: { DiskMB: reserved.diskMB },
        Networks: { ReservedHostPorts: reserved.ports.join(",") },
      },
    };
  }

  #noteChange(before: Node): void {
    if (deepEqual(before, this.#node)) return;
    this.#revision += 1;
    this.changed.notify();
  }
}

/** Reserved ports are kept back on every network there is. */
function reservedResources(reserved: ReservedResources, networks: readonly NetworkResource[]): Resources {
  const ports = reserved.ports.map((Value) => ({ Label: "", Value, To: 0, HostNetwork: "" }));
  return resourcesSchema.parse({
    CPU: reserved.cpuMHz,
    MemoryMB: reserved.memoryMB,
    DiskMB: reserved.diskMB,
    IOPS: reserved.iops,
    Networks: ports.length === 0 ? [] : networks.map((network) => ({ ...network, MBits: 0, ReservedPorts: ports })),
  });
}

function nodeNetwork({ Device, IP, MBits }: NetworkResource) {
  const address = { Address: IP, Alias: "default", Family: "ipv4", Gateway: "", ReservedPorts: "" };
  return { Mode: "host", Device, MacAddress: "", Speed: MBits, Addresses: [address] };
}

/** A network of a device that is known replaces what was known of it. */
function withNetworks(
  known: readonly NetworkResource[],
  found: readonly NetworkResource[],
): readonly NetworkResource[] {
  const isFound = (network: NetworkResource) => found.some(({ Device }) => Device === network.Device);
  return [...known.filter((network) => !isFound(network)), ...found];
}

function withoutUndefined(values: Readonly<Record<string, string | undefined>>): Dictionary<string> {
  return dictionary(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
