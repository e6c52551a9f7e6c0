import type { Cluster } from "./cluster.ts";
import { eventually } from "./nomad.ts";

/** A write that a server has acknowledged; times are those of `performance.now()`. */
export interface Acknowledged {
  readonly job: string;
  /** When the request that was acknowledged was sent. */
  readonly sentAt: number;
  readonly at: number;
}

interface Options {
  /** Users at work at the same time. */
  readonly writers: number;
  /** Every job's id begins so. */
  readonly prefix?: string;
  /** How long a user tries to get one job accepted before giving it up as failed. */
  readonly patience?: number;
  /** How long a user waits for one server's answer. */
  readonly answerTime?: number;
}

/**
 * Users who register jobs, one after the other, at whatever server there is: what one server does not take, or not in
 * time, is brought to the next, for so long as patience lasts. All times are in milliseconds.
 */
export class JobWriters {
  /** In the order in which the acknowledgements came. */
  readonly acknowledged: Acknowledged[] = [];
  /** Jobs that were given up, with the last reason. */
  readonly failed: { readonly job: string; readonly reason: string }[] = [];
  readonly #cluster: Cluster;
  readonly #options: Options;
  readonly #running: Promise<unknown>;
  #isOver = false;

  constructor(cluster: Cluster, options: Options) {
    this.#cluster = cluster;
    this.#options = options;
    this.#running = Promise.all(Array.from({ length: options.writers }, (_, writer) => this.#write(writer)));
  }

  /** The first acknowledgement of a request that was sent after `moment`. */
  firstSince(moment: number, seconds = 20): Promise<Acknowledged> {
    return eventually("a write is accepted", () => this.acknowledged.find(({ sentAt }) => sentAt > moment), seconds);
  }

  /** Lets the users finish what they are at. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #write(writer: number): Promise<void> {
    const { prefix = "w" } = this.#options;
    for (let number = 0; !this.#isOver; number++) {
      await this.#register(`${prefix}-${writer}-${number}`, writer + number);
      await pause(5);
    }
  }

  async #register(job: string, turn: number): Promise<void> {
    const { patience = 10_000, answerTime = 10_000 } = this.#options;
    const { servers } = this.#cluster;
    const deadline = performance.now() + patience;
    for (let tries = 0; ; tries++) {
      const sentAt = performance.now();
      try {
        await register(this.#cluster, servers[(turn + tries) % servers.length] as string, emptyJob(job), answerTime);
        this.acknowledged.push({ job, sentAt, at: performance.now() });
        return;
      } catch (error) {
        if (performance.now() > deadline) {
          this.failed.push({
            job,
            reason: error instanceof Error ? `${error.message} ${error.cause ?? ""}` : `${error}`,
          });
          return;
        }
        await pause(10);
      }
    }
  }
}

/** A job that is evaluated, and of which nothing is to run. */
export function emptyJob(id: string): object {
  return job(id, "true", [], 0);
}

/** A service of one task that runs a shell script. */
export function shellJob(id: string, script: string, count = 1): object {
  return job(id, "/bin/sh", ["-c", script], count);
}

function job(id: string, command: string, args: readonly string[], count = 1): object {
  return {
    ID: id,
    Name: id,
    Region: "global",
    Type: "service",
    Priority: 50,
    Datacenters: ["dc1"],
    TaskGroups: [
      {
        Name: "app",
        Count: count,
        Tasks: [
          {
            Name: "main",
            Driver: "raw_exec",
            Config: { command, args },
            Resources: { CPU: 20, MemoryMB: 16, DiskMB: 10, IOPS: 0 },
            LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
          },
        ],
        RestartPolicy: { Attempts: 2, Interval: 60_000_000_000, Delay: 1_000_000_000, Mode: "delay" },
      },
    ],
  };
}

/** Registers a job at one server; rejects with what it said. */
export async function register(cluster: Cluster, server: string, Job: object, answerTime = 10_000): Promise<void> {
  const signal = AbortSignal.timeout(answerTime);
  await cluster.ask(server, "/v1/jobs", { method: "PUT", body: JSON.stringify({ Job }), signal });
}

/** Ids of all jobs that a server has. */
export async function jobsAt(cluster: Cluster, server: string, query = ""): Promise<ReadonlySet<string>> {
  const jobs = await cluster.answer<{ ID: string }[]>(server, `/v1/jobs${query}`);
  return new Set(jobs.map(({ ID }) => ID));
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
