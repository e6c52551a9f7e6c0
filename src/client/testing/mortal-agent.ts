import { minutes, seconds } from "../../base/index.ts";
import type { Database, Databases } from "../../runtime/index.ts";
import { type Client, startClient } from "../client.ts";
import type { ClientRuntime } from "../state/open-state.ts";
import { someConfig } from "./client-config.ts";
import type { FakeRuntime } from "./fake-runtime.ts";
import type { FakeServers } from "./fake-servers.ts";
import { SurvivingTasks } from "./surviving-tasks.ts";

const places = { dev: false, stateDirectory: "/data/client", allocationDirectory: "/data/alloc" };

/** A machine whose tasks survive, and whose agent can be killed before or after each thing that it does. */
export class MortalMachine {
  readonly world: FakeRuntime;
  readonly servers: FakeServers;
  readonly tasks: SurvivingTasks;
  /** What the agents of this machine have done so far, step by step. */
  readonly steps: string[] = [];
  /** How many steps the agent may do before it is killed. */
  #budget = Number.POSITIVE_INFINITY;
  #life: { isOver: boolean } = { isOver: true };
  #client: Client | undefined;

  constructor(world: FakeRuntime, servers: FakeServers) {
    this.world = world;
    this.servers = servers;
    this.tasks = new SurvivingTasks(world.clock, world.disk);
  }

  /** Whether nothing of the agent goes on any more. */
  get isAgentDead(): boolean {
    return this.#life.isOver;
  }

  /** Starts the agent, which is killed after so many steps. */
  async start({ steps = Number.POSITIVE_INFINITY } = {}): Promise<void> {
    this.#budget = steps;
    const life = { isOver: false };
    this.#life = life;
    const step = (name: string) => this.#step(life, name);
    const runtime = this.#runtimeOf(life, step);
    const rpc = mortal(life, this.servers.rpc);
    const driver = this.tasks.driver(step);
    void startClient(someConfig({ ...places, statsInterval: minutes(30) }), runtime, rpc, [driver]).then((client) => {
      this.#client = client;
    });
    await this.world.clock.advance(seconds(0));
  }

  /** Ends the agent as its user would. */
  async shutdown(): Promise<void> {
    const ended = this.#client?.shutdown();
    await this.world.clock.advance(seconds(10));
    await ended;
    this.#life.isOver = true;
  }

  #step(life: { isOver: boolean }, name: string): Promise<void> {
    if (life.isOver) return new Promise(() => {});
    this.steps.push(name);
    this.#budget -= 1;
    if (this.#budget > 0) return Promise.resolve();
    life.isOver = true;
    this.world.databases.crash();
    return new Promise(() => {});
  }

  #runtimeOf(life: { isOver: boolean }, step: (name: string) => Promise<void>): ClientRuntime {
    const { clock, databases, disk } = this.world;
    const at: typeof clock.at = (when, wake) => clock.at(when, () => (life.isOver ? undefined : wake()));
    return {
      ...this.world,
      clock: {
        now: () => clock.now(),
        wallTime: () => clock.wallTime(),
        at,
        sleep: (time, signal) => endless(life, clock.sleep(time, signal)),
      },
      disk: mortal(life, disk),
      processes: {
        ...this.world.processes,
        makeReady: async (directory) => {
          await step("make a place");
          await endless(life, disk.makeDirectory(directory));
          await step("place made");
        },
      },
      databases: { ...mortal(life, databases as Databases), ...opening(databases, life, step) },
      log: this.world.log,
    };
  }
}

/** Each write is a step of its own, before and after it is made. */
function opening(
  databases: Databases,
  life: { isOver: boolean },
  step: (name: string) => Promise<void>,
): Pick<Databases, "exists" | "create" | "open" | "setAside"> {
  return {
    exists: (path) => endless(life, databases.exists(path)),
    create: async (...args) => {
      await step("make the database");
      await endless(life, databases.create(...args));
      await step("database made");
    },
    setAside: (from, to) => endless(life, databases.setAside(from, to)),
    open: async (...args) => {
      const database: Database = await endless(life, databases.open(...args));
      return {
        read: (table) => database.read(table),
        close: () => endless(life, database.close()),
        write: async (changes) => {
          await step("write");
          await endless(life, database.write(changes));
          await step("written");
        },
      };
    },
  };
}

/** What an agent asks that is gone is not done. */
function mortal<Door extends object>(life: { isOver: boolean }, door: Door): Door {
  return new Proxy(door, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        if (life.isOver) return new Promise(() => {});
        const result: unknown = method.apply(target, args);
        return result instanceof Promise ? endless(life, result) : result;
      };
    },
  });
}

/** An answer that comes after the end is heard by nobody. */
function endless<Value>(life: { isOver: boolean }, answer: Promise<Value>): Promise<Value> {
  const unheard = new Promise<never>(() => {});
  return answer.then(
    (value) => (life.isOver ? unheard : value),
    (error) => {
      if (life.isOver) return unheard;
      throw error;
    },
  );
}
