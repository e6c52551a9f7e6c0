import type { Transport } from "../api/index.ts";
import { AgentUnreachable } from "./agent-transport.ts";

type Request = Parameters<Transport["send"]>[0];

/** What names an allocation means the same wherever it is asked: an agent that does not hold it asks the one that does. */
const namesAllocation = /^\/v1\/client\/(fs|allocation)\//;

/**
 * The way to a node's own agent. Where that cannot be reached from here, the agent that the user talks to is asked
 * about the node's allocations instead; one that cannot help either leaves us with the first failure.
 */
export class NodeTransport implements Transport {
  readonly #direct: Transport;
  readonly #otherwise: Transport;

  constructor(direct: Transport, otherwise: Transport) {
    this.#direct = direct;
    this.#otherwise = otherwise;
  }

  async send(request: Request): ReturnType<Transport["send"]> {
    try {
      return await this.#direct.send(request);
    } catch (error) {
      if (!(error instanceof AgentUnreachable) || !namesAllocation.test(request.target)) throw error;
      const answer = await this.#otherwise.send(request).catch(() => undefined);
      if (answer?.status === 200) return answer;
      await readOut(answer?.body);
      throw error;
    }
  }
}

/** A body that nobody reads keeps its connection. */
async function readOut(body: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  try {
    for await (const piece of body ?? []) if (piece.length === 0) return;
  } catch {
    // Why it broke is of no use to anybody.
  }
}
