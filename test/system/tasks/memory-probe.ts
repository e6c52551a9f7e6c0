import { readFileSync } from "node:fs";
import { Inspector } from "../../../bench/placements/inspector.ts";
import type { TestAgent } from "../support/agents.ts";
import { eventually } from "../support/nomad.ts";

/** How many entries a snapshot leaves before it. */
const trailingEntries = 10_240;

/** What an agent needs of memory, in MB. */
export interface KeptMemory {
  /** In V8's heap, after all that is not needed was collected. */
  readonly heapMB: number;
  /** Held by buffers outside of that heap. */
  readonly buffersMB: number;
  /** Entries of Raft's log that are held in memory: what came since the last snapshot, and so many before it. */
  readonly logEntries: number;
  /** What the system had given to the process before the collection. */
  readonly residentMB: number;
}

/** Looks into the memory of an agent that was started with `environment`. */
export class MemoryProbe {
  readonly #agent: TestAgent;
  readonly #inspector: Inspector;

  private constructor(agent: TestAgent, inspector: Inspector) {
    this.#agent = agent;
    this.#inspector = inspector;
  }

  static environment(port: number): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --inspect=127.0.0.1:${port}` };
  }

  static async connect(agent: TestAgent, port: number): Promise<MemoryProbe> {
    return new MemoryProbe(agent, await eventually("the agent can be looked into", () => Inspector.connect(port)));
  }

  async kept(): Promise<KeptMemory> {
    const resident = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#agent.pid}/status`, "latin1"))?.[1];
    // Twice: what the first finds to be over may have held buffers.
    for (let round = 0; round < 2; round++) await this.#inspector.ask("HeapProfiler.collectGarbage");
    const { heapUsed, external } = await this.#inspector.evaluate<NodeJS.MemoryUsage>("process.memoryUsage()");
    return {
      heapMB: heapUsed / 2 ** 20,
      buffersMB: external / 2 ** 20,
      logEntries: await this.#logEntries(),
      residentMB: Number(resident) / 1024,
    };
  }

  async #logEntries(): Promise<number> {
    const { stats } = await this.#agent.get<{ stats: { raft: Readonly<Record<string, string>> } }>("/v1/agent/self");
    const begin = Math.max(0, Number(stats.raft.last_snapshot_index) - trailingEntries);
    return Number(stats.raft.last_log_index) - begin;
  }

  close(): void {
    this.#inspector.close();
  }
}
