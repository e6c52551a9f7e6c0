import {
  type Agent,
  type AgentConfig,
  agentConfig,
  defaultSettings,
  devSettings,
  mergeSettings,
  startAgent,
} from "../agent/index.ts";
import { assert, type Duration, later, SeededRandom } from "../base/index.ts";
import type { Fingerprint } from "../client/index.ts";
import { mockDriver } from "../drivers/index.ts";
import { InProcessHttp, MemoryDatabases, MemoryDisk, type Metrics, type Processes } from "../runtime/index.ts";
import type { ClusterRuntime, Server } from "../server/index.ts";
import { forbidAmbient } from "./ambient-guard.ts";
import { type Checker, standardCheckers } from "./checkers/checkers.ts";
import { NothingHappens, passing, rest } from "./passing.ts";
import { SimNetwork } from "./sim-network.ts";
import { Transcript } from "./transcript.ts";
import { VirtualTime } from "./virtual-time.ts";

/** An agent whose server can be looked into. */
export type ServingAgent = Agent & { readonly server: Server };

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
  readonly #http = new InProcessHttp();
  readonly #random: SeededRandom;
  readonly #network: SimNetwork;
  readonly #checkers: readonly Checker[] = standardCheckers();
  readonly #allowAmbient = forbidAmbient();
  readonly #agents: Agent[] = [];
  #failure: unknown;

  constructor(seed: string) {
    this.seed = seed;
    this.#random = new SeededRandom(seed);
    this.#network = new SimNetwork(this.time, this.#random.fork("network"));
  }

  /** Starts a dev agent whose node has these resources, and the mock driver. Resolves when it is up. */
  async startDevAgent(name: string, resources: Fingerprint): Promise<ServingAgent> {
    const settings = mergeSettings(defaultSettings, devSettings, { NodeName: name });
    const config = agentConfig(settings, { hostName: name, processors: 2 });
    const withResources: AgentConfig = {
      ...config,
      ...(config.client && { client: { ...config.client, fingerprints: [resources] } }),
    };
    const runtime = this.#runtimeOf(name);
    const agent = await this.settled(
      startAgent(withResources, runtime, {
        drivers: [mockDriver(runtime)],
        runtimeStatistics: () => ({}),
        fatal: (error) => this.#fail(error),
      }),
    );
    this.#agents.push(agent);
    const { server } = agent;
    assert(server !== undefined, "a dev agent has a server");
    server.state.observe((applied) => {
      this.transcript.note(name, `applied ${applied.index}: ${applied.changes.map(({ table }) => table).join(" ")}`);
      for (const check of this.#checkers) this.#guard(() => check(server.state.view(), applied));
    });
    return { ...agent, server };
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
    const client = this.#http.client(agent.httpAddress);
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
    if (this.#failure !== undefined) throw this.#failed("a promise was broken", this.#failure);
  }

  #runtimeOf(name: string): ClusterRuntime {
    const random = this.#random.fork(name);
    return {
      clock: this.time,
      random,
      network: this.#network.at(name),
      http: this.#http,
      disk: new MemoryDisk(this.time),
      databases: new MemoryDatabases(this.time, random.fork("databases")),
      processes: noPrograms,
      log: this.transcript.logOf(name),
      metrics: unmeasured,
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

/** No programs run in a simulated world: its tasks are those of the mock driver. */
const noPrograms: Processes = {
  run: async ({ command }) => {
    throw Object.assign(new Error(`no program ${command} here`), { code: "ENOENT" });
  },
  supervise: async ({ command }) => {
    throw Object.assign(new Error(`no program ${command} here`), { code: "ENOENT" });
  },
  limitsUnavailable: () => "there are no programs here",
  recover: async () => undefined,
  usage: async () => [],
  user: async () => undefined,
  effectiveUserID: 1000,
  environment: {},
};

const unmeasured: Metrics = { count: () => {}, gauge: () => {}, time: () => {} };
