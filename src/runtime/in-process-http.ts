import { dictionary } from "../base/index.ts";
import type { HttpClient, IncomingAnswer, OutgoingRequest } from "./http-client.ts";
import type { HttpHandler, HttpLimits, HttpRequest, HttpResponse, HttpServing } from "./http-listener.ts";
import type { Listener } from "./network.ts";

/**
 * HTTP without sockets, for the simulator and for tests: requests go to handlers as calls, and answers come back
 * piece by piece, each written only when the one before has been read. Nothing is compressed.
 */
export class InProcessHttp implements HttpServing {
  readonly #listeners = new Map<string, InProcessListener>();

  async listen(address: string, _limits: HttpLimits, handle: HttpHandler): Promise<Listener> {
    if (this.#listeners.has(address)) throw refused("EADDRINUSE", `Address ${address} is in use`);
    const listener = new InProcessListener(handle);
    this.#listeners.set(address, listener);
    return {
      address,
      close: async () => {
        if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
        await listener.endAll();
      },
    };
  }

  client(address: string): HttpClient {
    return {
      send: async (request) => {
        const listener = this.#listeners.get(address);
        if (listener === undefined) throw refused("ECONNREFUSED", `Nobody listens at ${address}`);
        return listener.answer(request);
      },
    };
  }
}

/** A handler, and the requests that it has under way. */
class InProcessListener {
  readonly #handle: HttpHandler;
  readonly #underWay = new Map<AbortController, Promise<void>>();

  constructor(handle: HttpHandler) {
    this.#handle = handle;
  }

  async answer(request: OutgoingRequest): Promise<IncomingAnswer> {
    const { signal } = request;
    signal?.throwIfAborted();
    const leaving = new AbortController();
    const response = new PipedResponse(leaving);
    const abort = () => leaving.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    const ended = this.#handle(requestOf(request), response, leaving.signal)
      // A handler must not reject; one that does has broken the connection.
      .catch(ignored)
      .finally(() => {
        signal?.removeEventListener("abort", abort);
        this.#underWay.delete(leaving);
        response.destroy();
      });
    this.#underWay.set(leaving, ended);
    return response.answer;
  }

  /** Ends all requests by their signals; resolves when they are done. */
  async endAll(): Promise<void> {
    const ending = [...this.#underWay];
    for (const [leaving] of ending) leaving.abort(new Error("The HTTP server is shutting down"));
    await Promise.all(ending.map(([, ended]) => ended));
  }
}

function requestOf({ method, target, headers = {}, body = "" }: OutgoingRequest): HttpRequest {
  return {
    method,
    target,
    headers: dictionary(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    remoteAddress: "127.0.0.1:0",
    body: typeof body === "string" ? oneChunk(body) : body,
  };
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
        this.#leaving.signal.throwIfAborted();
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
