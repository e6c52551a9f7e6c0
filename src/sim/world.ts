import {
  type Agent,
  type AgentConfig,
  AgentStartFailed,
  agentConfig,
  defaultSettings,
  devSettings,
  keepJoining,
  mergeSettings,
  type Settings,
  startAgent,
} from "../agent/index.ts";
import { assert, type Duration, type Instant, later, SeededRandom, seconds } from "../base/index.ts";
import type { Fingerprint } from "../client/index.ts";
import { mockDriver } from "../drivers/index.ts";
import type { LogRecord } from "../runtime/index.ts";
import type { Server, ServerConfig } from "../server/index.ts";
import { forbidAmbient } from "./ambient-guard.ts";
import { Agreement } from "./checkers/agreement.ts";
import { type Checker, indexesGrow, stateCheckers } from "./checkers/checkers.ts";
import { Tasks } from "./checkers/tasks.ts";
import { Coverage } from "./coverage.ts";
import { Machine } from "./machine.ts";
import { NothingHappens, passing, rest } from "./passing.ts";
import { Crashed, SimAgent, type Starter } from "./sim-agent.ts";
import { SimNetwork } from "./sim-network.ts";
import { Transcript } from "./transcript.ts";
import { beginning, VirtualTime } from "./virtual-time.ts";

/** So many events in so much time are more than any cluster has to do. */
const mostEvents = 300_000;
const hasteWindow: Duration = seconds(1);

/** An agent whose server can be looked into. */
export type ServingAgent = Agent & { readonly server: Server };

/** Where an agent of a cluster stands, and whom it looks for. */
export interface Place {
  /** Its host, as others reach it. */
  readonly address: string;
  /** The hosts of the servers. */
  readonly servers: readonly string[];
  /** How far its clock is ahead of the world's, or behind it. */
  readonly clockSkew?: Duration;
}

/** What the servers of a cluster are told besides. */
export type ServerHabits = Pick<ServerConfig, "snapshots"> & {
  /** How many servers the cluster begins with. */
  readonly expect: number;
};

/** Something that should have come about in a world did not. The message names the seed and the last events. */
export class WorldFailed extends Error {
  override readonly name = "WorldFailed";
}

/**
 * Many agents in one process, with time, chance, network and disk of their own, all drawn from one seed. Agents
 * are started by the same `startAgent` as in the real world; nothing in them knows the difference.
 */
export class World {
  readonly seed: string;
  readonly time = new VirtualTime();
  readonly transcript = new Transcript(this.time);
  readonly coverage = new Coverage();
  /** When each server applied an entry last. */
  readonly appliedAt = new Map<string, Instant>();
  /** The tasks that clients run. */
  readonly tasks = new Tasks();
  readonly network: SimNetwork;
  readonly agreement = new Agreement(stateCheckers());
  readonly #random: SeededRandom;
  readonly #allowAmbient = forbidAmbient();
  readonly #agents: SimAgent[] = [];
  /** Servers that said in the present step that they lead. */
  readonly #elected = new Set<SimAgent>();
  #haste = { since: beginning, events: 0 };
  #failure: unknown;

  constructor(seed: string) {
    this.seed = seed;
    this.#random = new SeededRandom(seed);
    this.network = new SimNetwork(this.time, this.#random.fork("network"));
  }

  /** A stream of chance for those who act on this world. */
  chance(name: string): SeededRandom {
    return this.#random.fork(name);
  }

  /** Starts a dev agent whose node has these resources, and the mock driver. Resolves when it is up. */
  async startDevAgent(name: string, resources: Fingerprint): Promise<ServingAgent> {
    const settings = mergeSettings(defaultSettings, devSettings, { NodeName: name });
    const config = configOf(name, settings, resources);
    const agent = await this.settled(this.#add(name, name, this.#starter(name, config)).start());
    const { server } = agent;
    assert(server !== undefined, "a dev agent has a server");
    return { ...agent, server };
  }

  /** Starts a server of a cluster, which looks for all of `place.servers`. */
  startServer(name: string, place: Place, { expect, snapshots }: ServerHabits): SimAgent {
    const settings = mergeSettings(defaultSettings, {
      NodeName: name,
      BindAddr: place.address,
      DataDir: "/data",
      Server: {
        Enabled: true,
        BootstrapExpect: expect,
        NumSchedulers: 1,
        RetryJoin: place.servers.filter((host) => host !== place.address),
        RetryInterval: "1s",
      },
    });
    const config = configOf(name, settings);
    assert(config.server !== undefined, "a server's agent has one");
    const start = this.#starter(name, { ...config, server: { ...config.server, snapshots } });
    return this.#start(name, place, async (runtime, life) => {
      const agent = await start(runtime, life);
      const { server } = agent;
      assert(server !== undefined, "a server's agent has one");
      const { clock, log } = runtime;
      void keepJoining(server, settings, { clock, log: log.named("agent") }, life.ended).catch((e) => this.#fail(e));
      return agent;
    });
  }

  /** Starts a client that knows these servers, whose node has these resources, and the mock driver. */
  startClient(name: string, place: Place, resources: Fingerprint): SimAgent {
    const settings = mergeSettings(defaultSettings, {
      NodeName: name,
      BindAddr: place.address,
      DataDir: "/data",
      Client: { Enabled: true, Servers: place.servers.map((host) => `${host}:4647`) },
    });
    return this.#start(name, place, this.#starter(name, configOf(name, settings, resources)));
  }

  /** Starts the process of an agent again that has crashed. */
  restart(agent: SimAgent): void {
    agent.start().catch((error: unknown) => {
      const isRefusal = error instanceof AgentStartFailed && agent.machine.isInTrouble;
      if (error instanceof Crashed) return;
      if (isRefusal) this.note(`${agent.name} does not start: ${error.message}`);
      else this.#fail(error);
    });
  }

  /** Notes something of a kind that tests count, and where it was. */
  happened(kind: string, where = ""): void {
    this.coverage.happened(kind);
    this.note(`${kind} ${where}`);
  }

  /** Notes something that no agent did. */
  note(text: string): void {
    this.transcript.note("world", text);
  }

  /** Lets time pass until `condition` holds; fails when it does not within `patience`. */
  async until(what: string, condition: () => boolean, patience: Duration): Promise<void> {
    const deadline = later(this.time.now(), patience);
    while (!condition()) {
      const next = this.time.next();
      if (next === undefined || next > deadline) throw this.#failed(`it never came about that ${what}`);
      await this.#step();
    }
  }

  /** Asks an agent by its HTTP API, and lets time pass until it has answered. */
  async ask(
    agent: Agent,
    asked: { readonly method: string; readonly target: string; readonly body?: unknown },
  ): Promise<{ readonly status: number; readonly text: string }> {
    const body = asked.body === undefined ? undefined : JSON.stringify(asked.body);
    const http = this.#agents.find(({ running }) => running?.agent.httpAddress === agent.httpAddress)?.running?.http;
    assert(http !== undefined, "an agent that is asked runs");
    const client = http.client(agent.httpAddress);
    return this.settled(
      client.send({ ...asked, body }).then(async ({ status, body: pieces }) => {
        const whole = [];
        for await (const piece of pieces) whole.push(piece);
        return { status, text: Buffer.concat(whole).toString("utf8") };
      }),
    );
  }

  /** Lets time pass until a promise has settled, and gives its value. */
  async settled<Value>(promise: Promise<Value>): Promise<Value> {
    try {
      return await passing(this.time, promise, () => this.#checkFailure());
    } catch (error) {
      throw error instanceof NothingHappens ? this.#failed(error.message) : error;
    }
  }

  /** Lets this much time pass. */
  async pass(time: Duration): Promise<void> {
    await this.settled(this.time.sleep(time, new AbortController().signal));
  }

  /** Ends the world: something that was promised is not so. */
  breakPromise(what: string): never {
    throw this.#failed(what);
  }

  /** Something that runs beside the agents; when it fails, the world does. */
  run(act: () => Promise<void>): void {
    act().catch((error: unknown) => this.#fail(error));
  }

  /** Gives the world's time and chance back; whatever runs in it is left where it is. */
  abandon(): void {
    this.#allowAmbient();
  }

  /** Ends all agents and gives the world's time and chance back. */
  async close(): Promise<void> {
    try {
      for (const agent of this.#agents.toReversed()) await this.settled(agent.shutdown());
    } finally {
      this.#allowAmbient();
    }
  }

  async #step(): Promise<void> {
    this.time.step();
    await rest();
    this.#checkFailure();
  }

  #checkFailure(): void {
    this.#checkHaste();
    if (this.#elected.size > 0) this.#guard(() => this.#checkElected());
    if (this.#failure !== undefined) throw this.#failed("a promise was broken", this.#failure);
  }

  /** Whoever is busy for ever with nothing would let no time pass. */
  #checkHaste(): void {
    const now = this.time.now();
    if (now - this.#haste.since >= hasteWindow) this.#haste = { since: now, events: 0 };
    if (++this.#haste.events > mostEvents) this.#fail(new Error(`more than ${mostEvents} events in a second`));
  }

  #checkElected(): void {
    for (const { name, running } of this.#elected) {
      const { state, term, last_log_index } = running?.agent.server?.statistics().raft ?? {};
      if (state === "Leader") this.agreement.leads(name, Number(term), Number(last_log_index));
    }
    this.#elected.clear();
  }

  #start(name: string, { address, clockSkew }: Place, start: Starter): SimAgent {
    const agent = this.#add(name, address, start);
    if (clockSkew !== undefined) agent.machine.clockSkew = clockSkew;
    this.restart(agent);
    return agent;
  }

  #add(name: string, address: string, start: Starter): SimAgent {
    const said = (record: LogRecord) => {
      this.transcript.said(name, record);
      if (record.phrase === "restoring a snapshot") this.coverage.happened("get a leader's snapshot");
      if (record.subsystem === "raft" && record.phrase.includes("entering Leader state")) this.#elected.add(agent);
    };
    const machine = new Machine(this, address, this.#random.fork(name), said);
    const agent = new SimAgent(name, machine, start);
    this.#agents.push(agent);
    return agent;
  }

  /** Puts an agent together as its configuration says, under the eyes of the checkers. */
  #starter(name: string, config: AgentConfig): Starter {
    return async (runtime, life) => {
      const agent = await startAgent(config, runtime, {
        drivers: [this.tasks.counted(mockDriver(runtime), name, life)],
        runtimeStatistics: () => ({}),
        fatal: (error) => {
          if (!life.isOver) this.#fail(error);
        },
      });
      const { server } = agent;
      const grow: Checker = indexesGrow();
      let snapshot = server?.statistics().raft?.last_snapshot_index;
      server?.state.observe((applied) => {
        if (life.isOver) return;
        this.appliedAt.set(name, this.time.now());
        this.transcript.note(name, `applied ${applied.index}: ${applied.changes.map(({ table }) => table).join(" ")}`);
        const view = server.state.view();
        this.#guard(() => grow(view, applied));
        this.#guard(() => this.agreement.applied(name, view, applied));
        const { term, last_snapshot_index } = server.statistics().raft ?? {};
        this.agreement.committed(Number(term), applied.index);
        if (last_snapshot_index !== snapshot) this.coverage.happened("take a snapshot");
        snapshot = last_snapshot_index;
      });
      return agent;
    };
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #failed(why: string, cause?: unknown): WorldFailed {
    const last = this.transcript.lines.slice(-30).join("\n");
    const reason = cause instanceof Error ? `${why}: ${cause.message}` : why;
    return new WorldFailed(`World with seed "${this.seed}": ${reason}\nLast events:\n${last}`, { cause });
  }
}

/** Clients say what their node has; nothing of it comes from hardware. */
function configOf(name: string, settings: Settings, resources?: Fingerprint): AgentConfig {
  const config = agentConfig(settings, { hostName: name, processors: 2 });
  if (config.client === undefined || resources === undefined) return config;
  return { ...config, client: { ...config.client, fingerprints: [resources] } };
}
