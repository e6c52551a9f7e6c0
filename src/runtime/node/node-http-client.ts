import { type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import { request as startSecureRequest } from "node:https";
import { dictionary } from "../../base/index.ts";
import type { HttpClient, IncomingAnswer, OutgoingRequest } from "../http-client.ts";

/** Asks the server at a base address such as `http://127.0.0.1:4646`. Each request has a connection of its own. */
export class NodeHttpClient implements HttpClient {
  readonly #base: URL;

  /** Throws a `TypeError` when `address` is no URL. */
  constructor(address: string) {
    this.#base = new URL(address);
  }

  async send({ method, target, headers = {}, body, signal }: OutgoingRequest): Promise<IncomingAnswer> {
    const { protocol, hostname, port, pathname } = this.#base;
    const start = protocol === "https:" ? startSecureRequest : startRequest;
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const outgoing = start({
      protocol,
      hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
      port,
      method,
      path: `${pathname.replace(/\/+$/, "")}${target}`,
      headers: { ...headers, ...length },
      agent: false,
      signal,
    });
    const answered = answerTo(outgoing);
    outgoing.end(body);
    const incoming = await answered.catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
    return { status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: incoming };
  }
}

function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Stays on: a break after the answer has begun is told to whoever reads the body.
    outgoing.on("error", reject);
    outgoing.once("response", resolve);
  });
}

function headersOf(incoming: IncomingMessage): Readonly<Record<string, string>> {
  return dictionary(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}
