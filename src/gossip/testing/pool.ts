import { type Duration, type Instant, inMilliseconds, later, SeededRandom } from "../../base/index.ts";
import { type Clock, type Log, MemoryDisk, type MetricName, type Metrics, type Network } from "../../runtime/index.ts";
import type { Gossip, GossipOptions, PoolEvent } from "../gossip.ts";
import { startGossip } from "../gossip-host.ts";
import { LAN_TIMING } from "../swim/timing.ts";
import { Faults, faultyNetwork } from "./faulty-network.ts";

/** Time that passes when it is told to. */
export interface SteppedTime extends Clock {
  next(): Instant | undefined;
  step(): void;
}

/** Enough turns for whatever an event sets off in an exchange to come to rest; without one there is hardly anything. */
const TURNS_OF_EXCHANGE = 60;

/** A member of a simulated pool, and what it was told. */
export interface PoolMember {
  readonly name: string;
  readonly address: string;
  readonly gossip: Gossip;
  readonly events: PoolEvent[];
  readonly lines: string[];
  /** What was measured, by the metric's name with dots. */
  readonly measured: ReadonlyMap<string, readonly number[]>;
}

/** Members in one process, with time, chance and a network of their own under one seed. */
export class Pool {
  readonly faults = new Faults();
  readonly members: PoolMember[] = [];
  readonly time: SteppedTime;
  readonly disk: MemoryDisk;
  /** The network as a host sees it, without faults. */
  readonly networkAt: (host: string) => Network;
  readonly #random: SeededRandom;

  constructor(time: SteppedTime, networkAt: (host: string) => Network, seed: string) {
    this.time = time;
    this.disk = new MemoryDisk(time);
    this.networkAt = networkAt;
    this.#random = new SeededRandom(seed);
  }

  /** Starts a member at `10.0.0.<number>`. */
  async start(number: number, options: Partial<GossipOptions> = {}): Promise<PoolMember> {
    const [name, host] = [`m${number}`, `10.0.0.${number}`];
    const events: PoolEvent[] = [];
    const lines: string[] = [];
    const random = this.#random.fork(name);
    const network = faultyNetwork(this.networkAt(host), host, this.faults, random.fork("faults"));
    const measured = new Map<string, number[]>();
    const metrics = metricsInto(measured);
    const runtime = { clock: this.time, random, network, disk: this.disk, log: logInto(lines), metrics };
    const gossip = await this.settled(
      startGossip(runtime, {
        name,
        bind: `${host}:4648`,
        tags: { role: "nomad" },
        timing: LAN_TIMING,
        onEvent: (event) => events.push(event),
        ...options,
      }),
    );
    const member = { name, address: `${host}:4648`, gossip, events, lines, measured };
    this.members.push(member);
    return member;
  }

  /** Starts members 1 to `count`, and joins all by the first. */
  async grow(count: number, options: Partial<GossipOptions> = {}): Promise<readonly PoolMember[]> {
    for (let number = 1; number <= count; number++) await this.start(number, options);
    const [first, ...others] = this.members;
    for (const { gossip } of others) await this.settled(gossip.join([first?.address ?? ""]));
    return this.members;
  }

  /** Stops a member as a crash does: it says nothing, it hears nothing. */
  async crash(member: PoolMember): Promise<void> {
    this.faults.side.set(member.address.replace(/:\d+$/, ""), `crashed ${member.name}`);
    await this.settled(member.gossip.close());
    this.members.splice(this.members.indexOf(member), 1);
  }

  async pass(time: Duration): Promise<void> {
    const end = later(this.time.now(), time);
    for (let next = this.time.next(); next !== undefined && next <= end; next = this.time.next()) await this.#step();
  }

  /** Lets time pass until `condition` holds; how long that took, in seconds. Throws when it lasts longer than `patience`. */
  async until(what: string, condition: () => boolean, patience: Duration): Promise<number> {
    const begun = this.time.now();
    while (!condition()) {
      const next = this.time.next();
      if (next === undefined || next > later(begun, patience)) throw new Error(`It never came about that ${what}`);
      await this.#step();
    }
    return (this.time.now() - begun) / 1e9;
  }

  /** Lets time pass until a promise has settled, and gives its value. */
  async settled<Value>(promise: Promise<Value>): Promise<Value> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    promise.then(done, done);
    await this.#rest();
    while (!isDone) await this.#step();
    return promise;
  }

  async close(): Promise<void> {
    for (const { gossip } of this.members) await this.settled(gossip.close());
  }

  /** Whether each member sees `status` of all that `names` names. */
  allSee(names: readonly string[], status: string): boolean {
    return this.members.every(({ gossip }) => {
      const seen = new Map(gossip.members().map(({ Name, Status }) => [Name, Status]));
      return names.every((name) => seen.get(name) === status);
    });
  }

  async #step(): Promise<void> {
    this.time.step();
    await this.#rest();
  }

  async #rest(): Promise<void> {
    const turns = this.faults.connections > 0 ? TURNS_OF_EXCHANGE : 2;
    for (let turn = 0; turn < turns; turn++) await undefined;
  }
}

function logInto(lines: string[]): Log {
  const write = (level: string, subsystem: string) => (phrase: string) => {
    lines.push(`[${level}] ${subsystem}: ${phrase}`);
  };
  const named = (subsystem: string): Log => ({
    trace: write("TRACE", subsystem),
    debug: write("DEBUG", subsystem),
    info: write("INFO", subsystem),
    warn: write("WARN", subsystem),
    error: write("ERR", subsystem),
    named,
  });
  return named("agent");
}

function metricsInto(measured: Map<string, number[]>): Metrics {
  const add = (name: MetricName, value: number) => {
    const key = name.join(".");
    const values = measured.get(key) ?? [];
    measured.set(key, values);
    values.push(value);
  };
  return {
    count: (name, by = 1) => add(name, by),
    time: (name, took) => add(name, inMilliseconds(took)),
    sample: add,
    observe: (look) => {
      for (const { name, value } of look()) add(name, value);
      return () => {};
    },
  };
}
