import { between, type Instant, inSeconds, later, type SeededRandom, seconds } from "../base/index.ts";
import { oneOf } from "./faults/fault.ts";
import { waysOf } from "./faults/networks.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { SimCluster } from "./sim-cluster.ts";
import type { Trouble } from "./trouble.ts";
import { unfinished } from "./unfinished.ts";
import type { Workload } from "./workload.ts";

const leaderPatience = seconds(10);
const writePatience = seconds(15);
/** An evaluation that a server took just before it was lost is given to another a minute later; then it is to be done soon. */
const workPatience = seconds(75);

/**
 * The part of a cluster that is healed for good while the rest stays as bad as it can be: a bare majority of the servers, and
 * some of the clients. The others are down, or hear and are not heard, or are heard and do not hear, or neither.
 */
export class Core {
  readonly #cluster: SimCluster;
  readonly #trouble: Trouble;
  readonly #random: SeededRandom;
  readonly #servers: readonly SimAgent[];
  readonly #clients: readonly SimAgent[];

  constructor(cluster: SimCluster, trouble: Trouble) {
    this.#cluster = cluster;
    this.#trouble = trouble;
    this.#random = cluster.world.chance("core");
    this.#servers = this.#someServers();
    this.#clients = shuffled(cluster.clients, this.#random).slice(0, 1 + this.#random.below(cluster.clients.length));
  }

  /** Heals the core, and demands in time a leader, an accepted write, and that all work gets done that can be. */
  async recovers(workload: Workload): Promise<void> {
    const { world } = this.#cluster;
    this.#trouble.heal();
    this.#spoilTheRest();
    const begun = world.time.now();
    const since = () => `${inSeconds(between(begun, world.time.now())).toFixed(1)} s`;
    await this.#cluster.comesAbout("the core elects a leader", () => this.#leaderless(), leaderPatience);
    world.note(`the core has a leader after ${since()}`);
    await this.#accepts(workload, later(begun, writePatience));
    world.note(`the core has accepted a write after ${since()}`);
    await this.#cluster.comesAbout("the core does its work", () => this.#undone(), workPatience);
    world.note(`the core has done its work after ${since()}`);
  }

  async #accepts(workload: Workload, end: Instant): Promise<void> {
    const { world } = this.#cluster;
    while (!(await world.settled(workload.accepted(this.#servers)))) {
      if (world.time.now() >= end) world.breakPromise("the core accepts a write in time");
    }
  }

  #leaderless(): string | undefined {
    return this.#cluster.leaderAmong(this.#servers) === undefined ? "none leads" : undefined;
  }

  #undone(): string | undefined {
    const leader = this.#cluster.leaderAmong(this.#servers);
    if (leader === undefined) return "none leads";
    return unfinished(leader.state.view(), this.#cluster.world.tasks, this.#clients);
  }

  /**
   * A majority by every configuration that any server still goes by, and by those that a leader may yet make of them; all
   * servers where that cannot be.
   */
  #someServers(): readonly SimAgent[] {
    const { servers } = this.#cluster;
    const doubted = this.#cluster.doubted.map(({ machine }) => `${machine.address}:4647`);
    const known = this.#cluster.serving.flatMap((server) => {
      const voters = server.raftMembers().flatMap(({ voter, address }) => (voter ? [address] : []));
      return withoutSome(voters, doubted);
    });
    const isMajority = (some: readonly SimAgent[]) =>
      known.every((voters) => {
        const present = some.filter(({ machine }) => voters.includes(`${machine.address}:4647`)).length;
        return present > voters.length / 2;
      });
    const order = shuffled(servers, this.#random);
    const allUp = servers.every(({ running }) => running !== undefined);
    const least = order.findIndex((_, at) => allUp && isMajority(order.slice(0, at + 1)));
    return least < 0 ? servers : order.slice(0, least + 1);
  }

  #spoilTheRest(): void {
    const core = new Set([...this.#servers, ...this.#clients]);
    for (const agent of this.#cluster.agents) if (!core.has(agent)) this.#spoil(agent);
  }

  #spoil(agent: SimAgent): void {
    const { world, servers } = this.#cluster;
    const { links } = world.network;
    const host = agent.machine.address;
    const ways = waysOf(this.#cluster, host);
    const hush = () => {
      for (const way of ways) if (way.from === host) links.cut(way);
    };
    const deafen = () => {
      for (const way of ways) if (way.to === host) links.cut(way);
    };
    const isolate = () => {
      hush();
      deafen();
    };
    const evils: readonly (readonly [string, () => void])[] = [
      ["down while the core recovers", () => agent.crash()],
      ["not heard while the core recovers", hush],
      ["alone while the core recovers", isolate],
      // A client that is heard and deaf passes for ready, and gets work that it never hears of.
      ...(servers.includes(agent) ? [["deaf while the core recovers", deafen] as const] : []),
    ];
    const [kind, act] = oneOf(evils, this.#random)!;
    act();
    world.happened(kind, agent.name);
  }
}

/** `all`, and what is left of them without each choice of `doubted`. */
function withoutSome(all: readonly string[], [first, ...others]: readonly string[]): readonly (readonly string[])[] {
  if (first === undefined) return [all];
  const rest = withoutSome(all, others);
  return [...rest, ...rest.map((some) => some.filter((each) => each !== first))];
}

function shuffled<Value>(values: readonly Value[], random: SeededRandom): readonly Value[] {
  const left = [...values];
  return values.map(() => left.splice(random.below(left.length), 1)[0]!);
}
