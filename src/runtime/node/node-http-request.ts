import type { IncomingMessage } from "node:http";
import { type Dictionary, dictionary } from "../../base/index.ts";
import type { HttpRequest } from "../http-listener.ts";
import { formatSocketAddress } from "./socket-address.ts";

/** One request on a socket. */
export class NodeHttpRequest implements HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #incoming: IncomingMessage;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    this.method = incoming.method ?? "";
    this.target = incoming.url ?? "";
    this.headers = headersOf(incoming.rawHeaders);
  }

  get remoteAddress(): string {
    const { remoteAddress = "", remotePort = 0 } = this.#incoming.socket;
    return formatSocketAddress(remoteAddress, remotePort);
  }

  get body(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => new BodyChunks(this.#incoming) };
  }
}

/** What happens to a body on its way: each is a reason to look at it again. */
const happenings = ["readable", "end", "error", "close"] as const;

/** The chunks of a body, at a fraction of what a stream's own iterator costs. Leaving it lets the connection be. */
class BodyChunks implements AsyncIterator<Uint8Array> {
  readonly #incoming: IncomingMessage;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const incoming = this.#incoming;
    for (;;) {
      const chunk: Uint8Array | null = incoming.read();
      if (chunk !== null) return { done: false, value: chunk };
      if (incoming.complete && incoming.readableLength === 0) return { done: true, value: undefined };
      if (incoming.errored !== null) throw incoming.errored;
      if (incoming.destroyed) throw new Error("The peer has closed the connection");
      await this.#happening();
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    return { done: true, value: undefined };
  }

  #happening(): Promise<void> {
    const incoming = this.#incoming;
    return new Promise((resolve) => {
      const over = () => {
        for (const name of happenings) incoming.off(name, over);
        resolve();
      };
      for (const name of happenings) incoming.on(name, over);
    });
  }
}

function headersOf(raw: readonly string[]): Dictionary<string> {
  const headers = dictionary<string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    const value = raw[at + 1] as string;
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier}, ${value}`;
  }
  return headers;
}
