import type { Agent } from "../agent/index.ts";
import type { InProcessHttp } from "../runtime/index.ts";
import type { ClusterRuntime } from "../server/index.ts";
import type { Life, Machine } from "./machine.ts";

/** What is there while the process of an agent runs. */
export interface RunningAgent {
  readonly agent: Agent;
  readonly http: InProcessHttp;
}

/** The process of an agent was gone before it was up. */
export class Crashed extends Error {
  override readonly name = "Crashed";
}

/** Puts the agent of a machine together, once for each of its lives. */
export type Starter = (runtime: ClusterRuntime, life: Life) => Promise<Agent>;

/** An agent of a world: a machine, and the process on it that comes and goes. */
export class SimAgent {
  readonly name: string;
  readonly machine: Machine;
  readonly #start: Starter;
  #running: RunningAgent | undefined;

  constructor(name: string, machine: Machine, start: Starter) {
    this.name = name;
    this.machine = machine;
    this.#start = start;
  }

  /** Undefined while the process is gone, or has not started yet. */
  get running(): RunningAgent | undefined {
    return this.#running;
  }

  /** Starts the process, for the first time or again. Rejects when it ends before it is up, with `Crashed` if that was a crash. */
  async start(): Promise<Agent> {
    const { life, runtime, http } = this.machine.boot();
    const agent = await this.#start(runtime, life).catch((error: unknown) => {
      // What a process finds wrong once its machine has crashed, nobody hears.
      if (life.isOver) throw new Crashed();
      this.machine.crash();
      throw error;
    });
    if (life.isOver) throw new Crashed();
    this.#running = { agent, http };
    return agent;
  }

  /** The process is gone at once; its machine keeps what was on its disk. */
  crash(): void {
    this.#running = undefined;
    this.machine.crash();
  }

  /** Ends the process as its user would. */
  async shutdown(): Promise<void> {
    const ending = this.#running?.agent;
    this.#running = undefined;
    await ending?.shutdown();
  }
}
