import { type Signal, whenAborted } from "../../base/index.ts";
import type { CallOptions, RpcPool } from "../../rpc/index.ts";

/** A call as it reached a server. */
export interface CallSeen {
  readonly address: string;
  readonly method: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Fires when the caller has given it up. */
  readonly signal: Signal;
}

type Answers = (call: CallSeen) => Promise<unknown>;

/** Connections to servers that do as a test says, and remember what they were asked. */
export class FakePool implements Pick<RpcPool, "call"> {
  readonly calls: CallSeen[] = [];
  readonly #servers = new Map<string, Answers>();

  /** What the server at `address` answers from now on. */
  serve(address: string, answers: Answers): void {
    this.#servers.set(address, answers);
  }

  async call(address: string, method: string, body: unknown, { signal }: CallOptions = {}): Promise<unknown> {
    const seen = { address, method, body: body as CallSeen["body"], signal: signal ?? new AbortController().signal };
    this.calls.push(seen);
    const answers = this.#servers.get(address) ?? silence;
    const givenUp = new Promise<never>((_, reject) => {
      whenAborted(seen.signal, () => reject(seen.signal.reason));
    });
    return Promise.race([answers(seen), givenUp]);
  }
}

/** Takes the question and never answers. */
export const silence: Answers = () => new Promise(() => {});
