import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";

/** Asks all servers again and again who leads, and holds them to it that a term has one leader. */
export class LeaderWatch {
  readonly #cluster: Cluster;
  readonly #leaders = new Map<number, Set<string>>();
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#running = this.#watch();
  }

  /** How many terms had a leader; rejects if one had two. */
  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#running;
    const contested = [...this.#leaders].filter(([, leaders]) => leaders.size > 1);
    assert.deepEqual(contested, [], "a term has one leader");
    return this.#leaders.size;
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      await Promise.all(this.#cluster.servers.map((server) => this.#look(server)));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #look(server: string): Promise<void> {
    if (!this.#cluster.isRunning(server)) return;
    const raft = await this.#cluster.raft(server).catch(() => undefined);
    if (raft?.state !== "Leader") return;
    const leaders = this.#leaders.get(raft.term) ?? new Set();
    this.#leaders.set(raft.term, leaders.add(server));
  }
}
