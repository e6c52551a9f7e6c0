import { type Duration, later, type SeededRandom, seconds } from "../base/index.ts";
import type { Operation } from "./checkers/linearizable.ts";
import type { RunningAgent } from "./sim-agent.ts";
import type { SimCluster } from "./sim-cluster.ts";

const keys = ["red", "green", "blue"];
const patience: Duration = seconds(10);

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
      const up = this.#cluster.servers.flatMap(({ running }) => running ?? []);
      const asked = up[this.#random.below(up.length)];
      if (asked !== undefined) await this.#operate(asked, keys[this.#random.below(keys.length)]!);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** Reads every job, at the end, when all must answer. */
  async readAll(): Promise<void> {
    for (const { running } of this.#cluster.servers) {
      if (running !== undefined) for (const key of keys) await this.#read(running, key);
    }
  }

  async #operate(asked: RunningAgent, key: string): Promise<void> {
    const drawn = this.#random.below(10);
    if (drawn < 5) return this.#read(asked, key);
    const value = drawn < 9 ? `v${this.#values++}` : undefined;
    const start = this.#cluster.world.time.now();
    const answer =
      value === undefined
        ? await this.#ask(asked, "DELETE", `/v1/job/${key}`)
        : await this.#ask(asked, "PUT", "/v1/jobs", JSON.stringify({ Job: jobOf(key, value) }));
    const end = answer?.status === 200 ? this.#cluster.world.time.now() : undefined;
    this.history.push({ kind: "write", key, value, start, end });
  }

  async #read(asked: RunningAgent, key: string): Promise<void> {
    const start = this.#cluster.world.time.now();
    const answer = await this.#ask(asked, "GET", `/v1/job/${key}`);
    if (answer?.status !== 200 && answer?.status !== 404) return;
    const job = answer.status === 200 ? JSON.parse(answer.text) : undefined;
    const value = job === undefined || job.Stop === true ? undefined : job.Meta.value;
    this.history.push({ kind: "read", key, value, start, end: this.#cluster.world.time.now() });
  }

  /** Undefined when no answer came in time, or its connection broke: who asks cannot know what came of it. */
  async #ask(
    { agent, http }: RunningAgent,
    method: string,
    target: string,
    body?: string,
  ): Promise<{ readonly status: number; readonly text: string } | undefined> {
    const { time } = this.#cluster.world;
    const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
    const cancel = time.at(later(time.now(), patience), () => resolve(undefined));
    const answer = async () => {
      const { status, body: pieces } = await http.client(agent.httpAddress).send({ method, target, body });
      const whole = [];
      for await (const piece of pieces) whole.push(piece);
      return { status, text: Buffer.concat(whole).toString("utf8") };
    };
    const outcome = await Promise.race([answer().catch(() => undefined), tooLate]);
    cancel();
    return outcome;
  }
}

function jobOf(ID: string, value: string) {
  const Resources = { CPU: 100, MemoryMB: 64, DiskMB: 10 };
  const LogConfig = { MaxFiles: 1, MaxFileSizeMB: 1 };
  const task = { Name: "server", Driver: "mock", Config: { run_for: "10h" }, Resources, LogConfig };
  const TaskGroups = [{ Name: "app", Count: 1, Tasks: [task] }];
  return { ID, Name: ID, Datacenters: ["dc1"], Type: "service", Priority: 50, Meta: { value }, TaskGroups };
}
