import { type Duration, milliseconds, type SeededRandom, seconds } from "../base/index.ts";
import type { Server } from "../server/index.ts";
import { ask } from "./ask.ts";
import { Departure } from "./departure.ts";
import { oneOf } from "./faults/fault.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { SimCluster } from "./sim-cluster.ts";

const unending = new AbortController().signal;
/** How long an operator waits for a server to be out of the configuration before giving up. */
const outPatience: Duration = seconds(20);
/** In so much time every client has heard, with a heartbeat, who the servers are now. */
const newsTakes: Duration = seconds(30);
/** Fewer servers are left as they are. */
const fewest = 3;
const most = 6;

/** What operators do, by the names under which it is counted. */
export const deeds: readonly string[] = [
  "leave and come back",
  "force-leave and come back",
  "replace a disk",
  "new machine instead",
  "add a server",
  "remove a server",
  "set a damaged log aside",
];

/** An operator's deed: what it is called, and how it is done to one server. */
interface Deed {
  readonly kind: string;
  readonly done: (server: SimAgent) => Promise<void>;
}

/**
 * Whoever runs a cluster while everything goes wrong: takes servers out and puts them in again, replaces machines, and
 * does what is to be done about damage. One deed at a time, each as the documentation says, so that no data is lost: a
 * disk is given up only when its server is out of the configuration for good.
 */
export class Operator {
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  readonly #deeds: readonly Deed[];
  /** Names, in the configuration, of logs that were set aside. */
  readonly #givenUpLogs = new Set<string>();
  #isOver = false;
  /** How many addresses were given up in haste. */
  #givenUp = 0;
  #done: Promise<void> = Promise.resolve();

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#random = cluster.world.chance("operator");
    this.#deeds = [
      { kind: "leave and come back", done: (server) => this.#leaveAndReturn(server) },
      { kind: "force-leave and come back", done: (server) => this.#forceLeaveAndReturn(server) },
      { kind: "replace after a leave", done: (server) => this.#replace(server, () => this.#leaves(server)) },
      { kind: "replace after a force-leave", done: (server) => this.#replace(server, () => this.#isForcedOut(server)) },
      { kind: "new machine instead", done: (server) => this.#quickly(() => this.#moves(server)) },
      { kind: "add a server", done: () => this.#adds() },
      { kind: "remove a server", done: (server) => this.#quickly(() => this.#removes(server)) },
      { kind: "damage a database", done: (server) => this.#isDamaged(server) },
    ];
  }

  /** Does one thing after another until `end`. */
  run(): Promise<void> {
    this.#done = this.#work();
    return this.#done;
  }

  /** Begins nothing new; resolves when what was begun is done or given up. */
  end(): Promise<void> {
    this.#isOver = true;
    return this.#done;
  }

  /** Replaces every server by a new machine, one after the other: the next when the last one's successor votes. */
  async replaceAll(): Promise<void> {
    for (const server of [...this.#cluster.servers]) {
      await this.#moves(server);
      while (!this.#allVote()) await this.#pass(milliseconds(200));
      await this.#pass(newsTakes);
    }
  }

  /** Whether those vote that are meant to, and nobody else. */
  #allVote(): boolean {
    const { leader, servers } = this.#cluster;
    const voters = leader?.raftMembers().flatMap(({ voter, address }) => (voter ? [address] : [])) ?? [];
    return (
      voters.length === servers.length && servers.every(({ machine }) => voters.includes(`${machine.address}:4647`))
    );
  }

  async #work(): Promise<void> {
    while (!this.#isOver) {
      await this.#pass(milliseconds(1000 + this.#random.below(6000)));
      if (this.#isOver) return;
      const deed = oneOf(this.#deeds, this.#random)!;
      const server = oneOf(this.#cluster.servers, this.#random)!;
      if (this.#mayGo() || deed.kind === "add a server") await deed.done(server);
    }
  }

  /** Whether one may be taken out: enough vote, and those are the ones that are meant to. */
  #mayGo(): boolean {
    const { servers } = this.#cluster;
    const members = this.#leader()?.raftMembers() ?? [];
    const voters = members.filter(({ voter }) => voter);
    // A log that was set aside counts as well only when another of its server's has taken its place.
    if (voters.some(({ id }) => this.#givenUpLogs.has(id))) return false;
    return voters.length >= fewest && servers.length >= fewest;
  }

  async #leaveAndReturn(server: SimAgent): Promise<void> {
    this.#happened("leave and come back", server);
    this.#cluster.withdraw(server);
    await this.#returns(server, { wasOut: await this.#leaves(server) });
  }

  async #forceLeaveAndReturn(server: SimAgent): Promise<void> {
    this.#happened("force-leave and come back", server);
    this.#cluster.withdraw(server);
    await this.#returns(server, { wasOut: await this.#isForcedOut(server) });
  }

  async #replace(server: SimAgent, goes: () => Promise<boolean>): Promise<void> {
    this.#cluster.withdraw(server);
    const wasOut = await goes();
    if (wasOut) {
      server.machine.replace();
      this.#happened("replace a disk", server);
    }
    await this.#returns(server, { wasOut });
  }

  async #moves(server: SimAgent): Promise<void> {
    this.#cluster.withdraw(server);
    const goes = this.#random.below(2) === 0 ? this.#leaves(server) : this.#isForcedOut(server);
    if (!(await goes)) return this.#returns(server, { wasOut: false });
    this.#happened("new machine instead", server);
    this.#cluster.addServer();
  }

  /** Gives an address up without waiting for the news to spread: one that every client was told of at first must stay. */
  async #quickly(deed: () => Promise<void>): Promise<void> {
    if (this.#givenUp > 0) return;
    this.#givenUp++;
    await deed();
  }

  async #adds(): Promise<void> {
    if (this.#cluster.servers.length >= most) return;
    this.#happened("add a server", this.#cluster.addServer());
  }

  async #removes(server: SimAgent): Promise<void> {
    if (this.#cluster.servers.length <= fewest) return;
    this.#cluster.withdraw(server);
    if (!(await this.#leaves(server))) return this.#returns(server, { wasOut: false });
    this.#happened("remove a server", server);
  }

  /** It refuses to start with what it finds; its log is set aside, and it gets everything from the others. */
  async #isDamaged(server: SimAgent): Promise<void> {
    const address = `${server.machine.address}:4647`;
    const members = this.#leader()?.raftMembers() ?? [];
    for (const member of members) if (member.address === address) this.#givenUpLogs.add(member.id);
    this.#cluster.withdraw(server);
    server.crash();
    server.machine.damage();
    const why = await server.start().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (why === undefined || !why.includes("damaged")) {
      this.#cluster.world.breakPromise(`${server.name} refuses to start with a damaged database: ${why}`);
    }
    await server.machine.setAside();
    this.#happened("set a damaged log aside", server);
    await this.#returns(server, { wasOut: true });
  }

  /** The server says goodbye and ends. True when it is out of the configuration for good. */
  async #leaves(server: SimAgent): Promise<boolean> {
    this.#cluster.world.note(`${server.name} is to leave`);
    // It is no more among those that trouble stops and lets go on.
    if (server.machine.isPaused) server.machine.resume();
    await server.machine.awake();
    const leaving = server.running?.agent.leave().catch(() => undefined);
    await Promise.race([leaving, this.#pass(seconds(5))]);
    const isOut = await this.#isOut(server);
    server.crash();
    return isOut;
  }

  /** The server is gone at once, and called gone for good. True when it is out of the configuration for good. */
  async #isForcedOut(server: SimAgent): Promise<boolean> {
    this.#cluster.world.note(`${server.name} is to be forced out`);
    server.crash();
    await this.#pass(seconds(5 + this.#random.below(10)));
    for (let tries = 0; tries < 3; tries++) {
      const other = oneOf(this.#cluster.servers, this.#random)!;
      const target = `/v1/agent/force-leave?node=${server.name}.global`;
      await ask(this.#cluster.world.time, other, { method: "PUT", target }, seconds(5));
      if (await this.#isOut(server)) return true;
    }
    return false;
  }

  /** Waits until the server is out of the configuration for good; false when that has not come about in `outPatience`. */
  async #isOut(server: SimAgent): Promise<boolean> {
    const { time } = this.#cluster.world;
    const departure = new Departure(`${server.machine.address}:4647`);
    for (const end = time.now() + outPatience; time.now() < end; await this.#pass(milliseconds(200))) {
      const leader = this.#leader();
      const { term, last_log_index, commit_index } = leader?.statistics().raft ?? {};
      if (leader === undefined || term === undefined) continue;
      const members = leader.raftMembers().map(({ address }) => address);
      const look = { term, lastIndex: Number(last_log_index), commitIndex: Number(commit_index), members };
      if (departure.isSeenIn(look)) return true;
    }
    return false;
  }

  async #returns(server: SimAgent, { wasOut }: { readonly wasOut: boolean }): Promise<void> {
    await this.#pass(milliseconds(this.#random.below(3000)));
    server.crash();
    this.#cluster.world.note(`${server.name} comes back`);
    this.#cluster.world.restart(server);
    this.#cluster.enlist(server, !wasOut);
  }

  /** The leader, as far as servers tell: one that is stopped says nothing. */
  #leader(): Server | undefined {
    return this.#cluster.leaderAmong(this.#cluster.servers.filter(({ machine }) => !machine.isPaused));
  }

  #happened(kind: string, server: SimAgent): void {
    this.#cluster.world.happened(kind, server.name);
  }

  #pass(time: Duration): Promise<void> {
    return this.#cluster.world.time.sleep(time, unending);
  }
}
