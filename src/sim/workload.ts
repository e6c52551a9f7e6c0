import { type Duration, type SeededRandom, times } from "../base/index.ts";
import type { SimAnswer } from "./ask.ts";
import type { Operation } from "./checkers/linearizable.ts";
import { oneOf } from "./faults/fault.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { SimCluster } from "./sim-cluster.ts";
import { jobVersion } from "./sim-jobs.ts";

/** What users do, and how often. */
export interface Habits {
  /** The jobs that they share. */
  readonly jobs: readonly string[];
  /** How long a user rests between two questions, at most. */
  readonly rest: Duration;
  /** How many allocations each job has at most; a system job one on each node. */
  readonly count: number;
  /** A node has room for one task only, each job is more important than those before it, and may take their room. */
  readonly isCrowded?: boolean;
}

/** What a user saw last of a job. */
interface Seen {
  readonly value: string;
  readonly version: number;
}

/**
 * Users who register, stop and read jobs at any server, some only if nobody else has changed the job since they saw it, and
 * remember what they were told. A job's value is a word that its registration brought; that of a stopped one says at which
 * index it was stopped.
 */
export class Workload {
  readonly #history: Operation[] = [];
  readonly #cluster: SimCluster;
  readonly #habits: Habits;
  readonly #random: SeededRandom;
  #values = 0;
  #isOver = false;

  constructor(cluster: SimCluster, habits: Habits) {
    this.#cluster = cluster;
    this.#habits = habits;
    this.#random = cluster.world.chance("workload");
  }

  /** What users asked and saw, in the order in which they asked; what nobody has answered yet has no end. */
  get history(): readonly Operation[] {
    return withStopsFound(this.#history);
  }

  get operations(): number {
    return this.#history.length;
  }

  /** Registers every job once, before anything goes wrong. */
  async begin(): Promise<void> {
    if (this.#habits.isCrowded) {
      const body = { SchedulerAlgorithm: "binpack", PreemptionConfig: { ServiceSchedulerEnabled: true } };
      const target = "/v1/operator/scheduler/configuration";
      await this.#cluster.ask(this.#cluster.servers[0]!, { method: "PUT", target, body });
    }
    for (const key of this.#habits.jobs) await this.#write(this.#cluster.servers[0]!, key, this.#newValue());
  }

  /** One user, who asks one thing after another until `end`. */
  async user(): Promise<void> {
    const { time } = this.#cluster.world;
    const { jobs, rest } = this.#habits;
    while (!this.#isOver) {
      await time.sleep(times(rest, this.#random.fraction()), new AbortController().signal);
      const asked = oneOf(
        this.#cluster.servers.filter(({ running }) => running !== undefined),
        this.#random,
      );
      if (asked !== undefined) await this.#operate(asked, oneOf(jobs, this.#random)!);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** Whether a write is accepted by one of these servers. */
  async accepted(by: readonly SimAgent[]): Promise<boolean> {
    return this.#write(oneOf(by, this.#random)!, this.#habits.jobs[0]!, this.#newValue());
  }

  /** Reads every job, at the end, when all must answer. */
  async readAll(): Promise<void> {
    for (const server of this.#cluster.servers) {
      for (const key of this.#habits.jobs) await this.#read(server, key);
    }
  }

  async #operate(asked: SimAgent, key: string): Promise<void> {
    const drawn = this.#random.below(20);
    if (drawn < 10) await this.#read(asked, key);
    else if (drawn < 14) await this.#write(asked, key, this.#newValue());
    else if (drawn < 16) await this.#stop(asked, key);
    else {
      const seen = await this.#read(asked, key);
      if (seen !== undefined) await this.#swap(asked, key, seen);
    }
  }

  async #read(asked: SimAgent, key: string): Promise<Seen | undefined> {
    const start = this.#now();
    const answered = this.#asks({ kind: "read", key, value: undefined, start, end: undefined });
    const flag = this.#random.below(2) === 0 ? "?consistent" : "";
    const answer = await this.#cluster.ask(asked, { method: "GET", target: `/v1/job/${key}${flag}` });
    if (answer?.status !== 200 && answer?.status !== 404) return undefined;
    const job = answer.status === 200 ? JSON.parse(answer.text) : undefined;
    const version: number = job?.JobModifyIndex ?? 0;
    const value: string | undefined = job?.Stop === true ? stoppedAt(version) : job?.Meta.value;
    answered({ kind: "read", key, value, version, start, end: this.#now() });
    return value === undefined ? undefined : { value, version };
  }

  /** Resolves with whether it was accepted. */
  async #write(asked: SimAgent, key: string, value: string): Promise<boolean> {
    const start = this.#now();
    const answered = this.#asks({ kind: "write", key, value, start, end: undefined });
    const version = versionIn(await this.#register(asked, key, value, {}));
    if (version !== undefined) answered({ kind: "write", key, value, version, start, end: this.#now() });
    return version !== undefined;
  }

  async #stop(asked: SimAgent, key: string): Promise<void> {
    const start = this.#now();
    const answered = this.#asks({ kind: "write", key, value: undefined, start, end: undefined });
    const answer = await this.#cluster.ask(asked, { method: "DELETE", target: `/v1/job/${key}?purge=false` });
    const version = versionIn(answer);
    if (version === undefined) return;
    answered({ kind: "write", key, value: stoppedAt(version), version, start, end: this.#now() });
  }

  /** Registers the job if nobody has changed it since. */
  async #swap(asked: SimAgent, key: string, { value: expected, version: JobModifyIndex }: Seen): Promise<void> {
    const [start, value] = [this.#now(), this.#newValue()];
    const answered = this.#asks({ kind: "swap", key, expected, value, start, end: undefined });
    const answer = await this.#register(asked, key, value, { EnforceIndex: true, JobModifyIndex });
    const isRefused = answer?.status !== 200 && answer?.text.includes("Enforcing job modify index") === true;
    const [version, end] = [versionIn(answer), this.#now()];
    if (isRefused) answered({ kind: "mismatch", key, expected, start, end });
    else if (version !== undefined) answered({ kind: "swap", key, expected, value, version, start, end });
  }

  /** Notes what is asked at once: it may come about although its answer never comes. Gives what is to be called with that. */
  #asks(unanswered: Operation): (answered: Operation) => void {
    const place = this.#history.push(unanswered) - 1;
    return (answered) => {
      this.#history[place] = answered;
    };
  }

  #register(asked: SimAgent, key: string, value: string, condition: object): Promise<SimAnswer | undefined> {
    const body = { Job: jobVersion(key, value, this.#habits, this.#random), ...condition };
    return this.#cluster.ask(asked, { method: "PUT", target: "/v1/jobs", body });
  }

  #newValue(): string {
    return `v${this.#values++}`;
  }

  #now() {
    return this.#cluster.world.time.now();
  }
}

/** Who asked to stop a job and got no answer knows not at which index that came about: others who saw it may. */
function withStopsFound(history: readonly Operation[]): readonly Operation[] {
  return [...Map.groupBy(history, ({ key }) => key).values()].flatMap((operations) => {
    const written = new Set(operations.flatMap((each) => (each.kind === "write" ? [each.value] : [])));
    const seen = new Map(
      operations.flatMap((each) => (each.kind === "read" ? [[each.value, each.version] as const] : [])),
    );
    const orphans = [...seen].filter(([value]) => value?.startsWith(stopped) && !written.has(value));
    const found = orphans.sort(([, a], [, b]) => (a ?? 0) - (b ?? 0)).map(([value]) => value);
    // Those that began first stand for the stops that came first: if any assignment explains what was seen, this one does.
    const unknown = operations.filter((each) => each.kind === "write" && each.value === undefined);
    const values = new Map(unknown.toSorted((a, b) => a.start - b.start).map((each, at) => [each, found[at]]));
    return operations.flatMap((each) => {
      if (!values.has(each) || each.kind !== "write") return [each];
      return [{ ...each, value: values.get(each) ?? `${stopped}an index that nobody saw` }];
    });
  });
}

const stopped = "stopped at ";

function stoppedAt(index: number): string {
  return `${stopped}${index}`;
}

/** Where a change stands in the log, if it was accepted. */
function versionIn(answer: SimAnswer | undefined): number | undefined {
  return answer?.status === 200 ? JSON.parse(answer.text).JobModifyIndex : undefined;
}
