import { type Duration, later, seconds } from "../base/index.ts";
import type { SimAgent } from "./sim-agent.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How long users wait for an answer. */
export const patience: Duration = seconds(10);

/** A question to an agent's HTTP API. */
export interface Question {
  readonly method: string;
  readonly target: string;
  readonly body?: unknown;
}

/** What came back; `index` is `X-Nomad-Index`, or 0. */
export interface SimAnswer {
  readonly status: number;
  readonly text: string;
  readonly index: number;
}

/**
 * Asks an agent by its HTTP API, as a user would. Undefined when it does not run, when no answer came in time, or when its
 * connection broke: who asks cannot know what came of it.
 */
export async function ask(
  time: VirtualTime,
  asked: SimAgent,
  { method, target, body }: Question,
  waits: Duration = patience,
): Promise<SimAnswer | undefined> {
  const { promise: tooLate, resolve } = Promise.withResolvers<undefined>();
  const cancel = time.at(later(time.now(), waits), () => resolve(undefined));
  const leaving = new AbortController();
  const answer = async () => {
    await asked.machine.awake();
    const { running } = asked;
    if (running === undefined) return undefined;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const client = running.http.client(running.agent.httpAddress);
    const { status, headers, body: pieces } = await client.send({ method, target, body: text, signal: leaving.signal });
    const whole = [];
    for await (const piece of pieces) whole.push(piece);
    return { status, text: Buffer.concat(whole).toString("utf8"), index: Number(headers["x-nomad-index"] ?? 0) };
  };
  const outcome = await Promise.race([answer().catch(() => undefined), tooLate]);
  cancel();
  leaving.abort();
  return outcome;
}
