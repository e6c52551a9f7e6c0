import { assert, instantOf, milliseconds, type Random, SeededRandom, seconds } from "../../base/index.ts";
import { CoreCluster, nonVoter, voter } from "./core-cluster.ts";
import { DEFAULT_TIMING } from "./timing.ts";

/** For tests: how much of what goes wrong in one run, in parts of a thousand steps. Some runs are rough in one way, some in all. */
export interface Weather {
  readonly seed: string;
  readonly size: number;
  readonly lost: number;
  readonly doubled: number;
  readonly crashes: number;
  readonly cuts: number;
  readonly slowSyncs: number;
  readonly slowMessages: number;
  readonly memberChanges: number;
  readonly handovers: number;
  readonly snapshots: number;
  readonly reads: number;
  readonly pauses: number;
}

const STEPS = 1200;
const names = ["a", "b", "c", "d", "e", "f"];

/** For tests: a cluster in bad weather. `CoreCluster` holds every step against Raft's promises; a broken one throws. */
export class Storm {
  readonly #weather: Weather;
  readonly #random: Random;
  readonly #cluster: CoreCluster;
  /** Directed pairs, `from to`, between which nothing passes. */
  #cut = new Set<string>();
  /** Servers that hear nobody and do not notice that time passes, as if their process had been stopped; clients wait. */
  #paused = new Set<string>();
  #proposals = 0;

  constructor(weather: Weather) {
    this.#weather = weather;
    this.#random = new SeededRandom(weather.seed);
    const founders = names.slice(0, weather.size);
    const isPatient = new SeededRandom(`news ${weather.seed}`).below(2) === 0;
    const newsPatience = isPatient ? DEFAULT_TIMING.newsPatience : milliseconds(0);
    const joining = names.slice(weather.size);
    this.#cluster = new CoreCluster(founders, { joining, seed: weather.seed, newsPatience });
  }

  /** From beginning to end, with a calm after it. Throws when a promise is broken. */
  run(): void {
    for (let step = 0; step < STEPS; step++) this.#step();
    this.#calm();
  }

  #step(): void {
    const { crashes, cuts, slowSyncs, slowMessages, memberChanges, handovers, snapshots, reads, pauses } =
      this.#weather;
    const cluster = this.#cluster;
    if (this.#happens(crashes)) this.#crashOrRestart();
    if (this.#happens(cuts)) this.#cutOrHeal();
    if (this.#happens(pauses)) this.#paused = new Set(names.filter(() => this.#happens(300)));
    if (this.#happens(200)) this.#propose();
    if (this.#happens(memberChanges)) this.#changeMembers();
    if (this.#happens(handovers)) this.#handOver();
    if (this.#happens(snapshots)) this.#takeSnapshot();
    if (this.#happens(reads)) this.#read();
    for (const { id, unsynced } of cluster.up) if (unsynced.length > 0 && !this.#happens(slowSyncs)) cluster.sync(id);
    for (let sent = cluster.inTransit.length; sent > 0; sent--) if (!this.#happens(slowMessages)) this.#deliverOne();
    if (this.#happens(700)) this.#wakeNext();
  }

  /** Once nothing more goes wrong, a leader is found, it can write, and all who belong to the cluster have one log. */
  #calm(): void {
    const cluster = this.#cluster;
    for (const { id, isUp } of cluster.servers.values()) if (!isUp) cluster.restart(id);
    cluster.elapse(seconds(20));
    const leader = cluster.leader;
    assert(leader !== undefined, "a leader is found once all is well");
    assert(cluster.propose(leader, "at last").length === 0, "a leader accepts proposals");
    cluster.elapse(seconds(1));
    for (const { id } of cluster.at(leader).core.members) {
      assert(cluster.applied(id).at(-1) === "at last", "all learn what is committed");
      const [own, leaders] = [cluster.log(id), cluster.log(leader)];
      const shared = Math.min(own.length, leaders.length);
      assert(own.slice(-shared).join() === leaders.slice(-shared).join(), "all have one log");
    }
  }

  #happens(inThousand: number): boolean {
    return this.#random.below(1000) < inThousand;
  }

  #pick<Value>(values: readonly Value[]): Value | undefined {
    return values[this.#random.below(values.length)];
  }

  #crashOrRestart(): void {
    const server = this.#pick([...this.#cluster.servers.values()])!;
    if (server.isUp) this.#cluster.crash(server.id);
    else this.#cluster.restart(server.id);
  }

  #cutOrHeal(): void {
    if (this.#happens(400)) this.#cut = new Set();
    const island = names.filter(() => this.#happens(400));
    for (const from of island) {
      for (const to of names.filter((name) => !island.includes(name))) {
        this.#cut.add(`${from} ${to}`);
        if (this.#happens(800)) this.#cut.add(`${to} ${from}`);
      }
    }
  }

  #propose(): void {
    const server = this.#pick(this.#leaders);
    if (server !== undefined) this.#cluster.propose(server, `${this.#proposals++}`);
  }

  #changeMembers(): void {
    const server = this.#pick(this.#leaders);
    if (server === undefined) return;
    const changed = this.#pick(names)!;
    const isWild = this.#happens(300);
    const others = this.#cluster
      .at(server)
      .core.members.filter(({ id }) => id !== changed && !(isWild && this.#happens(500)));
    const added = this.#pick([[], [voter(changed)], [voter(changed)], [nonVoter(changed)]])!;
    this.#cluster.propose(server, { kind: "members", members: [...others, ...added] });
  }

  #handOver(): void {
    const from = this.#pick(this.#leaders);
    if (from === undefined) return;
    const voters = this.#cluster.at(from).core.members.filter((member) => member.voter && member.id !== from);
    const to = this.#pick(voters);
    if (to !== undefined) this.#cluster.step(from, { kind: "transferLeadership", to: to.id });
  }

  #takeSnapshot(): void {
    const server = this.#pick(this.#cluster.up);
    if (server === undefined) return;
    this.#cluster.takeSnapshot(server.id, { entries: this.#random.below(8), bytes: 1024 });
  }

  #read(): void {
    const server = this.#pick(this.#leaders);
    if (server !== undefined) this.#cluster.read(server);
  }

  get #leaders(): readonly string[] {
    return this.#cluster.up.filter(({ core }) => core.role.kind === "leader").map(({ id }) => id);
  }

  #deliverOne(): void {
    const cluster = this.#cluster;
    const place = this.#random.below(cluster.inTransit.length);
    const message = cluster.inTransit[place]!;
    if (this.#paused.has(message.to)) return;
    if (this.#happens(this.#weather.doubled)) cluster.inTransit.push(message);
    const isLost = this.#cut.has(`${message.from} ${message.to}`) || this.#happens(this.#weather.lost);
    if (isLost) cluster.inTransit.splice(place, 1);
    else cluster.deliver(place);
  }

  #wakeNext(): void {
    const cluster = this.#cluster;
    const awake = cluster.up.filter(({ id }) => !this.#paused.has(id));
    const wakes = awake.flatMap(({ id, core }) => ({ id, at: core.wakeAt() ?? Number.POSITIVE_INFINITY }));
    const next = wakes.sort((a, b) => a.at - b.at)[0];
    if (next === undefined || !Number.isFinite(next.at)) return;
    cluster.now = instantOf(Math.max(cluster.now, next.at) + milliseconds(this.#random.below(20)));
    cluster.step(next.id, { kind: "wake" });
  }
}
