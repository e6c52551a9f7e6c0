/**
 * A cheap user of the HTTP API, in a process of its own: many connections, one question under way on each, sent again
 * as soon as it is answered. It is given its work as JSON in the first argument and prints what it measured as JSON.
 */
import { connect, type Socket } from "node:net";

/** What to ask, of whom, and for how long. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  /** What is not counted, before what is. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Registers a job of its own with each question, its name after `jobPrefix`, or asks for `path`. */
  readonly ask: { readonly jobPrefix: string } | { readonly path: string };
}

/** Latencies in milliseconds. */
export interface Measured {
  readonly asked: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Answers that were not 200, and the first of them. */
  readonly refused: number;
  readonly firstRefusal: string;
  /** What the asking itself took of the processor. */
  readonly ownCpuMs: number;
}

/** A service of one group with one task, as a user might send it; everything else is left to the server. */
function registration(id: string): string {
  return JSON.stringify({
    Job: {
      Region: "global",
      ID: id,
      Name: id,
      Type: "service",
      Priority: 50,
      Datacenters: ["dc1"],
      TaskGroups: [
        {
          Name: "web",
          Count: 1,
          RestartPolicy: { Attempts: 2, Interval: 60e9, Delay: 15e9, Mode: "delay" },
          Tasks: [
            {
              Name: "server",
              Driver: "raw_exec",
              Config: { command: "/bin/sleep", args: ["3600"] },
              Env: { PORT: "8080" },
              Resources: { CPU: 100, MemoryMB: 64, DiskMB: 0, IOPS: 0, Networks: [] },
              LogConfig: { MaxFiles: 3, MaxFileSizeMB: 10 },
            },
          ],
        },
      ],
    },
  });
}

const headEnd = Buffer.from("\r\n\r\n");

/** One connection that asks, and asks again. */
class Asker {
  readonly #socket: Socket;
  readonly #next: () => string | undefined;
  readonly #answered: (milliseconds: number, refusal: string | undefined) => void;
  readonly #ended: () => void;
  #sentAt = 0;
  #held: Buffer = Buffer.alloc(0);

  constructor(
    port: number,
    next: () => string | undefined,
    answered: (milliseconds: number, refusal: string | undefined) => void,
    ended: () => void,
  ) {
    this.#next = next;
    this.#answered = answered;
    this.#ended = ended;
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", () => this.#ask());
    this.#socket.on("data", (bytes) => this.#read(bytes));
    this.#socket.on("error", (error) => {
      throw error;
    });
  }

  #ask(): void {
    const question = this.#next();
    if (question === undefined) {
      this.#socket.destroy();
      this.#ended();
      return;
    }
    this.#sentAt = performance.now();
    this.#socket.write(question, "latin1");
  }

  #read(bytes: Buffer): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const head = this.#held.indexOf(headEnd);
    if (head < 0) return;
    const text = this.#held.toString("latin1", 0, head);
    const length = /content-length: (\d+)/i.exec(text);
    if (length === null) throw new Error(`an answer without its length:\n${text}`);
    if (this.#held.length < head + 4 + Number(length[1])) return;
    const refusal = text.startsWith("HTTP/1.1 200") ? undefined : this.#held.toString("utf8");
    this.#held = Buffer.alloc(0);
    this.#answered(performance.now() - this.#sentAt, refusal);
    this.#ask();
  }
}

async function run({ port, connections, warmUpSeconds, seconds, ask }: Load): Promise<Measured> {
  let count = 0;
  const question =
    "path" in ask
      ? () => `GET ${ask.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
      : () => {
          const body = registration(`${ask.jobPrefix}-${count++}`);
          return `PUT /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        };
  const from = performance.now() + warmUpSeconds * 1000;
  const until = from + seconds * 1000;
  const latencies: number[] = [];
  let refused = 0;
  let firstRefusal = "";
  const answered = (milliseconds: number, refusal: string | undefined) => {
    const now = performance.now();
    if (now < from || now >= until) return;
    latencies.push(milliseconds);
    if (refusal === undefined) return;
    if (refused++ === 0) firstRefusal = refusal;
  };
  let cpuBefore = process.cpuUsage();
  const warmed = setTimeout(() => {
    cpuBefore = process.cpuUsage();
    process.stdout.write("warm\n");
  }, warmUpSeconds * 1000);
  const next = () => (performance.now() < until ? question() : undefined);
  await Promise.all(
    Array.from({ length: connections }, () => new Promise<void>((ended) => new Asker(port, next, answered, ended))),
  );
  clearTimeout(warmed);
  const { user, system } = process.cpuUsage(cpuBefore);
  const sorted = Float64Array.from(latencies).sort();
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
  return {
    asked: latencies.length,
    perSecond: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    refused,
    firstRefusal,
    ownCpuMs: (user + system) / 1000,
  };
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "{}") as Load)));
