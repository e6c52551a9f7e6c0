import { type Duration, later } from "../base/index.ts";
import type { Connection, Runtime } from "../runtime/index.ts";
import type { Keyring } from "./keyring.ts";
import type { PushPullState } from "./wire/push-pull.ts";
import { readStream, type StreamMessage, sealStream } from "./wire/stream.ts";
import { Unreadable } from "./wire/unreadable.ts";

/** Exchanges that others may have begun with us at a time. */
const MAX_SERVED = 64;

const sentBytes = ["memberlist", "tcp", "sent"];

/** What a member does with what comes by connections. */
export interface ExchangeUser {
  readonly name: string;
  state(options: { readonly join: boolean }): PushPullState;
  /** A peer began an exchange; it has our state already. */
  merge(from: string, state: PushPullState): void;
  received(from: string, payload: Uint8Array): void;
  /** Something a peer sent cannot be used, or it went away. */
  complain(from: string, problem: string): void;
}

/** The peer cannot be reached, or does not speak as it should. */
export class ExchangeFailed extends Error {
  override readonly name = "ExchangeFailed";
}

/** Talks with members over connections: one exchange each, with a deadline. */
export class Exchanges {
  readonly #runtime: Pick<Runtime, "clock" | "random" | "network" | "metrics">;
  readonly #keyring: Keyring | undefined;
  readonly #timeout: Duration;
  readonly #user: ExchangeUser;
  readonly #closing = new AbortController();
  readonly #open = new Set<Promise<unknown>>();
  #served = 0;

  constructor(
    runtime: Pick<Runtime, "clock" | "random" | "network" | "metrics">,
    user: ExchangeUser,
    options: { readonly keyring: Keyring | undefined; readonly timeout: Duration },
  ) {
    this.#runtime = runtime;
    this.#user = user;
    this.#keyring = options.keyring;
    this.#timeout = options.timeout;
  }

  /** Fires when no more exchanges are wanted. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Tells a peer all we know, and resolves with all it knows. Rejects with `ExchangeFailed`. */
  pushPull(to: string, options: { readonly join: boolean }): Promise<PushPullState> {
    return this.#track(
      this.#ask(to, { kind: "pushPull", state: this.#user.state(options) }).then((reply) => {
        if (reply.kind === "pushPull") return reply.state;
        if (reply.kind === "error") throw new ExchangeFailed(`remote error: ${reply.text}`);
        throw new ExchangeFailed(`unexpected answer of kind ${reply.kind}`);
      }),
    );
  }

  /** Whether the member of this name answers. */
  ping(to: string, name: string, sequence: number): Promise<boolean> {
    return this.#track(
      this.#ask(to, { kind: "ping", sequence, node: name }).then(
        (reply) => reply.kind === "ack" && reply.sequence === sequence,
        () => false,
      ),
    );
  }

  /** Answers a peer who has connected. */
  serve(connection: Connection): void {
    const from = connection.remoteAddress;
    if (this.#served >= MAX_SERVED || this.#closing.signal.aborted) {
      connection.close();
      this.#user.complain(from, "too many exchanges at a time");
      return;
    }
    this.#served += 1;
    const end = this.#limit(() => connection.close());
    const served = this.#answer(connection)
      .catch((error: unknown) => this.#user.complain(from, textOf(error)))
      .finally(() => {
        end();
        connection.close();
        this.#served -= 1;
      });
    void this.#track(served);
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort(new ExchangeFailed("this member is shutting down"));
    await Promise.allSettled([...this.#open]);
  }

  async #answer(connection: Connection): Promise<void> {
    const message = await this.#read(connection);
    switch (message.kind) {
      case "pushPull":
        await this.#send(connection, { kind: "pushPull", state: this.#user.state(message.state) });
        return this.#user.merge(connection.remoteAddress, message.state);
      case "ping": {
        const isForUs = message.node === "" || message.node === this.#user.name;
        if (isForUs) await this.#send(connection, { kind: "ack", sequence: message.sequence });
        return;
      }
      case "user":
        return this.#user.received(connection.remoteAddress, message.payload);
      default:
        throw new Unreadable(`unexpected stream of kind ${message.kind}`);
    }
  }

  /** Tells the peer, too, what is wrong with what it sends. */
  async #read(connection: Connection): Promise<StreamMessage> {
    try {
      return await readStream(connection.incoming, this.#keyring);
    } catch (error) {
      if (error instanceof Unreadable) await this.#send(connection, { kind: "error", text: error.message });
      throw error;
    }
  }

  async #ask(to: string, message: StreamMessage): Promise<StreamMessage> {
    const tooLate = new AbortController();
    let connection: Connection | undefined;
    const end = this.#limit((reason) => {
      tooLate.abort(reason);
      connection?.close();
    });
    try {
      connection = await this.#runtime.network.connect(to, tooLate.signal);
      await this.#send(connection, message);
      return await readStream(connection.incoming, this.#keyring);
    } catch (error) {
      const cause = tooLate.signal.aborted ? tooLate.signal.reason : error;
      throw new ExchangeFailed(connection === undefined ? `dial tcp ${to}: ${textOf(cause)}` : textOf(cause), {
        cause,
      });
    } finally {
      end();
      connection?.close();
    }
  }

  #send(connection: Connection, message: StreamMessage): Promise<void> {
    const bytes = sealStream(message, this.#keyring, this.#runtime.random);
    this.#runtime.metrics.count(sentBytes, bytes.length);
    return connection.write(bytes);
  }

  /** Calls `over` when an exchange has lasted too long, or we close; the result says that it has ended before. */
  #limit(over: (reason: Error) => void): () => void {
    const { clock } = this.#runtime;
    const { signal } = this.#closing;
    const closing = () => over(signal.reason);
    const cancel = clock.at(later(clock.now(), this.#timeout), () => over(new ExchangeFailed("i/o timeout")));
    signal.addEventListener("abort", closing, { once: true });
    return () => {
      cancel();
      signal.removeEventListener("abort", closing);
    };
  }

  #track<Value>(work: Promise<Value>): Promise<Value> {
    this.#open.add(work);
    const done = () => this.#open.delete(work);
    work.then(done, done);
    return work;
  }
}

/** What Go says where Node has a code. */
const GO_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ENOTFOUND: "lookup: no such host",
  ETIMEDOUT: "i/o timeout",
};

function textOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  return GO_TEXTS[code ?? ""] ?? message;
}
