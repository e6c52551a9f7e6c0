import { dictionary } from "../base/index.ts";
import type { HttpHandler, HttpRequest, HttpResponse, HttpServing } from "../runtime/index.ts";

/** An answer as the simulated asker sees it. */
export interface SimAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** HTTP without sockets: the same handlers, called in the same process. */
export class SimHttp {
  readonly #handlers = new Map<string, HttpHandler>();

  readonly serving: HttpServing = {
    listen: async (address, _limits, handle) => {
      if (this.#handlers.has(address)) throw Object.assign(new Error("address in use"), { code: "EADDRINUSE" });
      this.#handlers.set(address, handle);
      return { address, close: async () => void this.#handlers.delete(address) };
    },
  };

  /** Asks whoever listens at `address`; rejects if nobody does. */
  async request(
    address: string,
    asked: { readonly method: string; readonly target: string; readonly body?: unknown },
    signal: AbortSignal = new AbortController().signal,
  ): Promise<SimAnswer> {
    const handle = this.#handlers.get(address);
    if (handle === undefined) throw Object.assign(new Error(`nobody listens at ${address}`), { code: "ECONNREFUSED" });
    const body = asked.body === undefined ? [] : [Buffer.from(JSON.stringify(asked.body))];
    const request: HttpRequest = {
      method: asked.method,
      target: asked.target,
      headers: dictionary([["host", address]]),
      remoteAddress: "127.0.0.1:1",
      body: (async function* () {
        yield* body;
      })(),
    };
    const answer = new RecordedAnswer();
    await handle(request, answer, signal);
    return answer.whole();
  }
}

class RecordedAnswer implements HttpResponse {
  #status: number | undefined;
  #headers: Readonly<Record<string, string>> = {};
  readonly #parts: Buffer[] = [];

  get begun(): boolean {
    return this.#status !== undefined;
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    this.#status = status;
    this.#headers = headers;
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    this.#parts.push(Buffer.from(bytes as string));
  }

  async end(bytes?: Uint8Array | string): Promise<void> {
    if (bytes !== undefined) await this.write(bytes);
  }

  destroy(): void {
    throw new Error("the answer was broken off");
  }

  whole(): SimAnswer {
    return { status: this.#status ?? 0, headers: this.#headers, text: Buffer.concat(this.#parts).toString("utf8") };
  }
}
