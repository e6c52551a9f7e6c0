import {
  assert,
  between,
  type Duration,
  later,
  milliseconds,
  type SeededRandom,
  seconds,
  times,
} from "../base/index.ts";
import { staticFingerprint } from "../client/index.ts";
import type { Server } from "../server/index.ts";
import { digest } from "../state/index.ts";
import { ask, type Question, type SimAnswer } from "./ask.ts";
import type { SimAgent } from "./sim-agent.ts";
import { unfinished } from "./unfinished.ts";
import type { ServerHabits, World } from "./world.ts";

/** How many agents a cluster has at first, and how they keep their log. */
export interface ClusterSize extends Pick<ServerHabits, "snapshots"> {
  readonly servers: number;
  readonly clients: number;
  /** Every machine's clock is off by up to this much, ahead or behind. */
  readonly clockSkew?: Duration;
}

/** Servers and clients of one world, each on a machine with an address of its own. */
export class SimCluster {
  readonly world: World;
  readonly clients: readonly SimAgent[];
  readonly #size: ClusterSize;
  readonly #random: SeededRandom;
  /** Those that are meant to serve: not the ones that an operator has taken out. */
  readonly #servers: SimAgent[] = [];
  readonly #doubted = new Set<SimAgent>();
  #machines = 0;

  constructor(world: World, size: ClusterSize) {
    this.world = world;
    this.#size = size;
    this.#random = world.chance("cluster");
    const hosts = Array.from({ length: size.servers }, (_, number) => serverAddress(number + 1));
    for (let number = 0; number < size.servers; number++) this.addServer(hosts);
    this.clients = Array.from({ length: size.clients }, (_, number) => {
      const address = `10.0.1.${number + 1}`;
      const network = { device: "eth0", address, mbits: 1000 };
      const resources = staticFingerprint({ cpuMHz: 4000, memoryMB: 8192, diskMB: 50_000, network });
      const place = { address, servers: hosts, clockSkew: this.#skew() };
      return world.startClient(`client-${number + 1}`, place, resources);
    });
  }

  get servers(): readonly SimAgent[] {
    return this.#servers;
  }

  /** Servers that came back before they were known to be out of the configuration: a leader may yet take them out. */
  get doubted(): readonly SimAgent[] {
    return this.servers.filter((server) => this.#doubted.has(server));
  }

  get agents(): readonly SimAgent[] {
    return [...this.servers, ...this.clients];
  }

  /** The servers whose process runs. */
  get serving(): readonly Server[] {
    return this.servers.flatMap(({ running }) => running?.agent.server ?? []);
  }

  /** The server that leads, if one does and no other thinks so too. */
  get leader(): Server | undefined {
    return this.leaderAmong(this.servers);
  }

  /** Which of these leads, if exactly one thinks so. */
  leaderAmong(agents: readonly SimAgent[]): Server | undefined {
    const leaders = agents.flatMap(({ running }) => {
      const server = running?.agent.server;
      return server?.statistics().nomad?.leader === "true" ? [server] : [];
    });
    return leaders.length === 1 ? leaders[0] : undefined;
  }

  /** Starts a server on a machine that was not there before; it looks for the servers at `hosts`. */
  addServer(hosts = this.servers.map(({ machine }) => machine.address)): SimAgent {
    const number = ++this.#machines;
    const place = { address: serverAddress(number), servers: hosts, clockSkew: this.#skew() };
    const { snapshots, servers: expect } = this.#size;
    const agent = this.world.startServer(`server-${number}`, place, { expect, snapshots });
    this.#servers.push(agent);
    return agent;
  }

  /** From now on this server is its operator's, and nobody counts on it. */
  withdraw(agent: SimAgent): void {
    const at = this.#servers.indexOf(agent);
    assert(at >= 0, "a server is withdrawn once");
    this.#servers.splice(at, 1);
  }

  /** A server that was withdrawn is meant to serve again; `isDoubted` if nobody knows whether it was ever out. */
  enlist(agent: SimAgent, isDoubted: boolean): void {
    this.#servers.push(agent);
    if (isDoubted) this.#doubted.add(agent);
    else this.#doubted.delete(agent);
  }

  ask(asked: SimAgent, question: Question, waits?: Duration): Promise<SimAnswer | undefined> {
    return ask(this.world.time, asked, question, waits);
  }

  /** Waits until all is as it must become where nothing goes wrong any more: see `missing`. */
  async converge(patience: Duration): Promise<void> {
    await this.comesAbout("the cluster converges", () => this.missing(), patience);
  }

  /** Waits until `missing` finds nothing missing any more; fails with what it last found. Gives how long it took. */
  async comesAbout(what: string, missing: () => string | undefined, patience: Duration): Promise<Duration> {
    const { time } = this.world;
    const begun = time.now();
    const end = later(begun, patience);
    for (let found = missing(); found !== undefined; found = missing()) {
      if (time.now() >= end) this.world.breakPromise(`${what}: ${found}`);
      await this.world.pass(milliseconds(200));
    }
    return between(begun, time.now());
  }

  /**
   * What is not yet as it must become: every agent is up, one server leads, all servers vote and no others, every client is
   * ready, nothing waits to be decided, all that is wanted runs, nothing else does, and every server knows it.
   */
  missing(): string | undefined {
    const { leader, agents, servers, clients } = this;
    const down = agents.find(({ running }) => running === undefined);
    if (down !== undefined) return `${down.name} is not up`;
    if (leader === undefined) return "there is no leader";
    const voters = leader.raftMembers().flatMap(({ voter, address }) => (voter ? [address] : []));
    const wanted = servers.map(({ machine }) => `${machine.address}:4647`);
    const odd = [...wanted, ...voters].find((each) => !voters.includes(each) || !wanted.includes(each));
    if (odd !== undefined || voters.length !== wanted.length) return `${odd} should vote, or should not`;
    return unfinished(leader.state.view(), this.world.tasks, clients) ?? this.#disagreement(leader);
  }

  #disagreement(leader: Server): string | undefined {
    const view = leader.state.view();
    const own = digest(view);
    const other = this.serving.find(({ state }) => digest(state.view()) !== own);
    return other && `a server is at index ${other.state.view().index}, the leader at ${view.index}`;
  }

  #skew(): Duration {
    return times(this.#size.clockSkew ?? seconds(0), this.#random.fraction() * 2 - 1);
  }
}

function serverAddress(number: number): string {
  return `10.0.0.${number}`;
}
