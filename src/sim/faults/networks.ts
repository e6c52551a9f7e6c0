import type { SimCluster } from "../sim-cluster.ts";
import { type Fault, oneOf } from "./fault.ts";

/** Links that break in one direction or both, one after the other, and heal in another order; slow and lossy ones. */
export const networkFaults: readonly Fault[] = [
  {
    kind: "cut one way",
    strike: ({ servers, agents, world }, random) => {
      const [from, to] = [oneOf(servers, random)!, oneOf(agents, random)!];
      if (from === to) return undefined;
      const [one, other] = [from.machine.address, to.machine.address];
      world.network.links.cut(random.below(2) === 0 ? { from: one, to: other } : { from: other, to: one });
      return `${from.name} ${to.name}`;
    },
  },
  {
    kind: "isolate",
    strike: (cluster, random) => {
      const one = oneOf(cluster.agents, random)!;
      for (const { from, to } of waysOf(cluster, one.machine.address)) cluster.world.network.links.cut({ from, to });
      return one.name;
    },
  },
  {
    kind: "heal one",
    strike: (cluster, random) => {
      const { links } = cluster.world.network;
      const one = oneOf(cluster.agents, random)!;
      const cut = waysOf(cluster, one.machine.address).filter((way) => links.isCut(way));
      for (const way of cut) links.heal(way);
      return cut.length === 0 ? undefined : one.name;
    },
  },
  {
    kind: "heal all",
    strike: ({ world }) => {
      world.network.links.heal();
      return "";
    },
  },
  {
    kind: "reset connections",
    strike: ({ agents, servers, world }, random) => {
      const [one, other] = [oneOf(servers, random)!, oneOf(agents, random)!];
      world.network.resetConnections(one.machine.address, other.machine.address);
      return `${one.name} ${other.name}`;
    },
  },
  {
    kind: "slow network",
    strike: ({ world }, random) => {
      world.network.slowness = 1 + random.below(200);
      return `${world.network.slowness} times`;
    },
  },
  {
    kind: "lossy network",
    strike: ({ world }, random) => {
      world.network.datagramLoss = random.fraction() / 2;
      return "";
    },
  },
  {
    kind: "datagrams twice",
    strike: ({ world }, random) => {
      world.network.datagramsTwice = random.fraction() / 2;
      return "";
    },
  },
];

/** All is open and quick again. */
export function healNetwork({ network }: SimCluster["world"]): void {
  network.links.heal();
  network.slowness = 1;
  network.datagramLoss = 0;
  network.datagramsTwice = 0;
}

/** Every way between a host and the others of a cluster, there and back. */
export function waysOf(
  { agents }: SimCluster,
  host: string,
): readonly { readonly from: string; readonly to: string }[] {
  return agents
    .filter(({ machine }) => machine.address !== host)
    .flatMap(({ machine: { address } }) => [
      { from: host, to: address },
      { from: address, to: host },
    ]);
}
