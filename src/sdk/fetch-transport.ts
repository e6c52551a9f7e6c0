import type { Transport } from "../api/index.ts";

/** How an agent is reached. */
export interface FetchOptions {
  /** Sent with every request; a proxy before the agent may want to know who asks. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Asks the agent at `address` (`http://127.0.0.1:4646`) by the `fetch` of Node, Deno or a browser. What goes wrong on the way is
 * thrown as `fetch` throws it.
 */
export function fetchTransport(address: string, { headers: always = {} }: FetchOptions = {}): Transport {
  const base = address.replace(/\/+$/, "");
  return {
    send: async ({ method, target, headers, body, signal }) => {
      const answer = await fetch(`${base}${target}`, {
        method,
        headers: { ...always, ...headers },
        ...(body !== undefined && { body: typeof body === "string" ? body : streamOf(body), duplex: "half" }),
        signal,
      });
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: answer.body ?? nothing(),
      };
    },
  };
}

/** A body that goes out as it comes. */
function streamOf(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await iterator.return?.();
    },
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
