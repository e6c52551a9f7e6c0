import { type SeededRandom, seconds } from "../base/index.ts";
import type { SimAnswer } from "./ask.ts";
import type { Operation } from "./checkers/linearizable.ts";
import { oneOf } from "./faults/fault.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { SimCluster } from "./sim-cluster.ts";

const keys = ["red", "green", "blue"];

/** Users who register, stop and read jobs at any server, and remember what they were told: a job's version is its value. */
export class Workload {
  readonly history: Operation[] = [];
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  #values = 0;
  #isOver = false;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#random = cluster.world.chance("workload");
  }

  /** One user, who asks one thing after another until `end`. */
  async user(): Promise<void> {
    const { time } = this.#cluster.world;
    while (!this.#isOver) {
      await time.sleep(seconds(this.#random.fraction()), new AbortController().signal);
      const up = this.#cluster.servers.filter(({ running }) => running !== undefined);
      const asked = up[this.#random.below(up.length)];
      if (asked !== undefined) await this.#operate(asked, keys[this.#random.below(keys.length)]!);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** Whether a write is accepted by any of these servers. */
  async accepted(by: readonly SimAgent[]): Promise<boolean> {
    const asked = oneOf(by, this.#random);
    if (asked === undefined) return false;
    const before = this.history.length;
    await this.#write(asked, keys[0]!, `v${this.#values++}`);
    return this.history[before]?.end !== undefined;
  }

  /** Reads every job, at the end, when all must answer. */
  async readAll(): Promise<void> {
    for (const server of this.#cluster.servers) for (const key of keys) await this.#read(server, key);
  }

  async #operate(asked: SimAgent, key: string): Promise<void> {
    const drawn = this.#random.below(10);
    if (drawn < 5) return this.#read(asked, key);
    return this.#write(asked, key, drawn < 9 ? `v${this.#values++}` : undefined);
  }

  async #write(asked: SimAgent, key: string, value: string | undefined): Promise<void> {
    const start = this.#cluster.world.time.now();
    const answer =
      value === undefined
        ? await this.#ask(asked, "DELETE", `/v1/job/${key}`)
        : await this.#ask(asked, "PUT", "/v1/jobs", { Job: jobOf(key, value) });
    const end = answer?.status === 200 ? this.#cluster.world.time.now() : undefined;
    this.history.push({ kind: "write", key, value, start, end });
  }

  async #read(asked: SimAgent, key: string): Promise<void> {
    const start = this.#cluster.world.time.now();
    const answer = await this.#ask(asked, "GET", `/v1/job/${key}`);
    if (answer?.status !== 200 && answer?.status !== 404) return;
    const job = answer.status === 200 ? JSON.parse(answer.text) : undefined;
    const value = job === undefined || job.Stop === true ? undefined : job.Meta.value;
    this.history.push({ kind: "read", key, value, start, end: this.#cluster.world.time.now() });
  }

  #ask(asked: SimAgent, method: string, target: string, body?: unknown): Promise<SimAnswer | undefined> {
    return this.#cluster.ask(asked, { method, target, body });
  }
}

function jobOf(ID: string, value: string) {
  const Resources = { CPU: 100, MemoryMB: 64, DiskMB: 10 };
  const LogConfig = { MaxFiles: 1, MaxFileSizeMB: 1 };
  const task = { Name: "server", Driver: "mock", Config: { run_for: "10h" }, Resources, LogConfig };
  const TaskGroups = [{ Name: "app", Count: 1, Tasks: [task] }];
  return { ID, Name: ID, Datacenters: ["dc1"], Type: "service", Priority: 50, Meta: { value }, TaskGroups };
}
