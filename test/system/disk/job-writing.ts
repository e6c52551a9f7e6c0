import { type JobStub, jobBody, type Servers } from "./servers.ts";

const WRITERS = 8;

/** A registration that was acknowledged, with the monotonic times of question and answer in nanoseconds. */
export interface Acknowledged {
  readonly id: string;
  readonly askedAt: bigint;
  readonly answeredAt: bigint;
}

/** The priority of a job follows from its id, so that half a job is seen. */
export function priorityOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 99;
  return 1 + sum;
}

/** The body that registers a job; `bytes` more make it large. */
export function jobBodyOf(id: string, bytes = 0): string {
  return jobBody(id, priorityOf(id), "x".repeat(bytes));
}

/** Registers one job; undefined when it is not known to be registered. A server that has ended refuses the connection. */
export async function register(address: string, id: string, patience = 10_000): Promise<Acknowledged | undefined> {
  const askedAt = process.hrtime.bigint();
  try {
    const body = jobBodyOf(id);
    const answer = await fetch(`${address}/v1/jobs`, { method: "PUT", body, signal: AbortSignal.timeout(patience) });
    await answer.text();
    return answer.ok ? { id, askedAt, answeredAt: process.hrtime.bigint() } : undefined;
  } catch {
    return undefined;
  }
}

/** Eight writers who register jobs of their own names, one after the other, with one server after the other. */
export class JobWriting {
  readonly #servers: Servers;
  readonly #count: number;
  readonly #life: string;
  readonly #over = new AbortController();
  readonly #done: Promise<unknown>;
  readonly acknowledged: Acknowledged[] = [];

  constructor(servers: Servers, count: number, life: string) {
    this.#servers = servers;
    this.#count = count;
    this.#life = life;
    this.#done = Promise.all(Array.from({ length: WRITERS }, (_, writer) => this.#write(writer)));
  }

  /** Resolves when the writers have had their last answers. */
  async end(): Promise<readonly Acknowledged[]> {
    this.#over.abort();
    await this.#done;
    return this.acknowledged;
  }

  async #write(writer: number): Promise<void> {
    for (let number = 0; !this.#over.signal.aborted; number++) {
      const address = this.#servers.address((writer + number) % this.#count);
      const acknowledged = await register(address, `${this.#life}-${writer}-${number}`);
      if (acknowledged !== undefined) this.acknowledged.push(acknowledged);
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Which of these are not among the jobs, or not whole. */
export function missing(acknowledged: readonly Acknowledged[], jobs: readonly JobStub[]): readonly string[] {
  const priorities = new Map(jobs.map(({ ID, Priority }) => [ID, Priority]));
  return acknowledged.map(({ id }) => id).filter((id) => priorities.get(id) !== priorityOf(id));
}
