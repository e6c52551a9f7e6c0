import { dictionary } from "../base/index.ts";
import type { HttpClient, IncomingAnswer, OutgoingRequest } from "./http-client.ts";
import type { HttpHandler, HttpLimits, HttpResponse, HttpServing } from "./http-listener.ts";
import type { Listener } from "./network.ts";

/**
 * HTTP without sockets, for the simulator and for tests: requests go to handlers as calls, and answers come back
 * piece by piece, each written only when the one before has been read. Nothing is compressed.
 */
export class InProcessHttp implements HttpServing {
  readonly #handlers = new Map<string, HttpHandler>();

  async listen(address: string, _limits: HttpLimits, handle: HttpHandler): Promise<Listener> {
    if (this.#handlers.has(address)) throw refused("EADDRINUSE", `Address ${address} is in use`);
    this.#handlers.set(address, handle);
    return {
      address,
      close: async () => {
        this.#handlers.delete(address);
      },
    };
  }

  /** Asks whoever listens at `address` (`host:port`) at the time of each request. */
  client(address: string): HttpClient {
    return {
      send: async (request) => {
        const handle = this.#handlers.get(address);
        if (handle === undefined) throw refused("ECONNREFUSED", `Nobody listens at ${address}`);
        return answerOf(handle, request);
      },
    };
  }
}

async function answerOf(handle: HttpHandler, request: OutgoingRequest): Promise<IncomingAnswer> {
  const { method, target, headers = {}, body = "", signal } = request;
  signal?.throwIfAborted();
  const leaving = new AbortController();
  const response = new PipedResponse(leaving);
  const abort = () => leaving.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  const handled = handle(
    {
      method,
      target,
      headers: dictionary(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      remoteAddress: "127.0.0.1:0",
      body: oneChunk(body),
    },
    response,
    leaving.signal,
  );
  // A handler must not reject; one that does has broken the connection.
  handled
    .catch(() => {})
    .finally(() => {
      signal?.removeEventListener("abort", abort);
      response.destroy();
    });
  return response.answer;
}

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  if (text !== "") yield Buffer.from(text);
}

class PipedResponse implements HttpResponse {
  readonly answer: Promise<IncomingAnswer>;
  readonly #leaving: AbortController;
  readonly #begin: (answer: IncomingAnswer) => void;
  #begun = false;
  /** The piece that waits to be read. */
  #piece = Promise.withResolvers<Uint8Array | undefined>();
  #read = Promise.withResolvers<void>();
  #over = false;

  constructor(leaving: AbortController) {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingAnswer>();
    this.answer = promise;
    this.#begin = resolve;
    this.#leaving = leaving;
    leaving.signal.addEventListener("abort", () => {
      reject(leaving.signal.reason);
      this.#piece.reject(leaving.signal.reason);
      this.#read.reject(leaving.signal.reason);
    });
    // Each is also told to whoever waits for it, if anyone does.
    promise.catch(ignored);
    this.#piece.promise.catch(ignored);
    this.#read.promise.catch(ignored);
  }

  get begun(): boolean {
    return this.#begun;
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#begun = true;
    const named = dictionary(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const));
    this.#begin({ status, headers: named, body: this.#pieces() });
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    this.#leaving.signal.throwIfAborted();
    if (bytes.length === 0) return;
    const { promise } = this.#read;
    this.#piece.resolve(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    await promise;
  }

  async end(bytes: Uint8Array | string = ""): Promise<void> {
    if (this.#leaving.signal.aborted) return;
    await this.write(bytes);
    this.#over = true;
    this.#piece.resolve(undefined);
  }

  destroy(): void {
    if (!this.#over) this.#leaving.abort(refused("ECONNRESET", "The connection broke before the answer was whole"));
  }

  async *#pieces(): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        const piece = await this.#piece.promise;
        if (piece === undefined) return;
        yield piece;
        const { resolve } = this.#read;
        this.#piece = Promise.withResolvers();
        this.#read = Promise.withResolvers();
        this.#piece.promise.catch(ignored);
        this.#read.promise.catch(ignored);
        resolve();
      }
    } finally {
      if (!this.#over) this.#leaving.abort(refused("ECONNRESET", "The peer has closed the connection"));
    }
  }
}

function refused(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function ignored(): void {}
