import type * as z from "zod";
import {
  type Answer,
  decodeReply,
  defaultQueryOptions,
  encodeRequest,
  noClusterLeader,
  ping,
  type QueryOptions,
  type RpcCaller,
  RpcError,
  type RpcMethod,
  replyUnpacker,
} from "../../api/index.ts";
import {
  between,
  type Duration,
  type Instant,
  later,
  longer,
  milliseconds,
  seconds,
  withEither,
} from "../../base/index.ts";
import { NoAnswer, RemoteError, type RpcPool } from "../../rpc/index.ts";
import { type Log, pause, type Runtime } from "../../runtime/index.ts";
import { upTo } from "../retry-delay.ts";
import { answerTime, isBlocking, isRepeatable, waitAsked } from "./call-rules.ts";
import type { ServerList } from "./server-list.ts";

/** What is asked, and until when its asker wants an answer. */
interface Asked {
  readonly method: RpcMethod;
  readonly request: unknown;
  readonly options: QueryOptions;
  readonly signal: AbortSignal;
  readonly since: Instant;
}

/** A call is tried again, with other servers, for so long after it has failed for the first time. */
const patience: Duration = seconds(10);
/** Waits between tries double from the first to the longest; each is drawn between nothing and that. */
const firstWait: Duration = milliseconds(200);
const longestWait: Duration = seconds(2);
const pingTime: Duration = seconds(5);
/** At the end, calls that wait for nothing but their answer get so long to be answered. */
const drainTime: Duration = seconds(5);

const noKnownServers = "no known servers";
const shuttingDown = "the client is shutting down";

/**
 * Asks servers over the network: the first of the list, and the next ones in turn when it cannot be reached, is lost
 * or knows no leader. What may have been carried out is asked again only where twice does no harm. What servers refuse
 * is refused at once, in their words.
 */
export class RemoteCaller implements RpcCaller {
  readonly #runtime: Pick<Runtime, "clock" | "random">;
  readonly #pool: Pick<RpcPool, "call">;
  readonly #servers: ServerList;
  readonly #region: string;
  readonly #log: Log;
  readonly #running = new Set<Promise<unknown>>();
  /** Blocking queries under way: they leave a server that fails other calls. */
  readonly #waiting = new Set<Attempt>();
  /** Fires when nothing new begins. */
  readonly #ending = new AbortController();
  /** Fires when nothing is waited for any more. */
  readonly #over = new AbortController();

  /** `region` is asked when a call names none. */
  constructor(
    runtime: Pick<Runtime, "clock" | "random" | "log">,
    pool: Pick<RpcPool, "call">,
    servers: ServerList,
    region: string,
  ) {
    this.#runtime = runtime;
    this.#pool = pool;
    this.#servers = servers;
    this.#region = region;
    this.#log = runtime.log.named("client");
  }

  async call<Request extends z.ZodType, Reply extends z.ZodType>(
    method: RpcMethod<Request, Reply>,
    request: z.output<Request>,
    { signal = never, ...said }: Partial<QueryOptions> & { readonly signal?: AbortSignal } = {},
  ): Promise<Answer<z.output<Reply>>> {
    this.#ending.signal.throwIfAborted();
    const options = { ...defaultQueryOptions, ...said, region: said.region || this.#region };
    const ended = isBlocking(method, options) ? this.#ending.signal : this.#over.signal;
    const since = this.#runtime.clock.now();
    const running = withEither([signal, ended], (either) =>
      this.#untilAnswered({ method, request, options, signal: either, since }),
    );
    this.#running.add(running);
    try {
      return decodeReply(method, await running);
    } finally {
      this.#running.delete(running);
    }
  }

  /** True when the server at `address` answers. */
  async ping(address: string, signal: AbortSignal): Promise<boolean> {
    const attempt = new Attempt(address, this.#runtime, pingTime, signal);
    try {
      await this.#pool.call(address, ping.name, encodeRequest(ping, {}, defaultQueryOptions), {
        signal: attempt.signal,
      });
      return true;
    } catch (error) {
      this.#log.debug("server does not answer", { server: address, reason: String(error) });
      return false;
    } finally {
      attempt.over();
    }
  }

  /** Ends blocking queries at once and other calls when they are answered, or after five seconds; takes no new ones. */
  async close(): Promise<void> {
    const { clock } = this.#runtime;
    this.#ending.abort(new RpcError(shuttingDown));
    const stop = clock.at(later(clock.now(), drainTime), () => this.#over.abort(new RpcError(shuttingDown)));
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    stop();
  }

  async #untilAnswered(asked: Asked): Promise<unknown> {
    const { clock, random } = this.#runtime;
    const { signal } = asked;
    let end: Instant | undefined;
    for (let failures = 1; ; failures++) {
      signal.throwIfAborted();
      const address = this.#servers.first;
      if (address === undefined) throw new RpcError(noKnownServers);
      try {
        return await this.#ask(address, asked, failures);
      } catch (error) {
        signal.throwIfAborted();
        const another = this.#mayAskAnother(address, error, asked.method);
        end ??= later(clock.now(), patience);
        if (!another || clock.now() >= end || this.#ending.signal.aborted) throw refusal(address, error);
      }
      await withEither([signal, this.#ending.signal], (either) =>
        pause(clock, upTo(random, waitAfter(failures)), either),
      );
    }
  }

  async #ask(address: string, asked: Asked, turn: number): Promise<unknown> {
    const { clock } = this.#runtime;
    const { method, request, since, signal } = asked;
    const blocks = isBlocking(method, asked.options);
    const options = blocks && turn > 1 ? withLessTime(asked.options, between(since, clock.now())) : asked.options;
    const attempt = new Attempt(address, this.#runtime, answerTime(method, options), signal);
    if (blocks) this.#waiting.add(attempt);
    try {
      const body = encodeRequest(method, request, options);
      const unpack = replyUnpacker(method);
      const { name, binary } = method;
      const reply = await this.#pool.call(address, name, body, { signal: attempt.signal, unpack, binary });
      this.#servers.answered(address);
      return reply;
    } finally {
      this.#waiting.delete(attempt);
      attempt.over();
    }
  }

  /** Notes what an error says of the server; true when the question may be put to another. */
  #mayAskAnother(address: string, error: unknown, method: RpcMethod): boolean {
    const knowsNoLeader = error instanceof RemoteError && error.text.includes(noClusterLeader);
    if (error instanceof NoAnswer || knowsNoLeader) this.#failed(address, error);
    else if (error instanceof RemoteError) this.#servers.answered(address);
    return knowsNoLeader || (error instanceof NoAnswer && (!error.mayHaveRun || isRepeatable(method)));
  }

  #failed(address: string, error: Error): void {
    const isNews = !this.#servers.isSilent(address);
    if (!this.#servers.failed(address)) return;
    const details = { server: address, next: this.#servers.first, reason: error.message };
    // While all are away each is tried again and again.
    if (isNews) this.#log.warn("server failed, another is asked", details);
    else this.#log.debug("server fails still, another is asked", details);
    for (const attempt of this.#waiting) if (attempt.address === address) attempt.leave();
  }
}

/** One try with one server, for a bounded time. */
class Attempt {
  readonly address: string;
  readonly #over = new AbortController();
  readonly #end: () => void;

  constructor(address: string, { clock }: Pick<Runtime, "clock">, time: Duration, asker: AbortSignal) {
    this.address = address;
    const stop = clock.at(later(clock.now(), time), () => this.#noAnswer("it takes too long"));
    const left = () => this.#over.abort(asker.reason);
    if (asker.aborted) left();
    asker.addEventListener("abort", left);
    this.#end = () => {
      stop();
      asker.removeEventListener("abort", left);
    };
  }

  /** Fires when the time is over, the asker is gone or the server is left. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** The server fails others: this try fails too, so that another server is asked. */
  leave(): void {
    this.#noAnswer("it fails other calls");
  }

  over(): void {
    this.#end();
  }

  #noAnswer(reason: string): void {
    this.#over.abort(new NoAnswer(this.address, reason, { mayHaveRun: true }));
  }
}

const never = new AbortController().signal;

function waitAfter(failures: number): Duration {
  return Math.min(firstWait * 2 ** Math.min(failures - 1, 10), longestWait) as Duration;
}

/** What has been waited with one server is not waited again with the next. */
function withLessTime(options: QueryOptions, waited: Duration): QueryOptions {
  return { ...options, maxQueryTime: longer((waitAsked(options) - waited) as Duration, seconds(1)) };
}

/** What the asker is told. Faults of our own are told as they are. */
function refusal(address: string, error: unknown): unknown {
  if (error instanceof RemoteError)
    return new RpcError(`RPC failed to server ${address}: ${error.message}`, { cause: error });
  if (error instanceof NoAnswer) return new RpcError(`RPC failed: ${error.message}`, { cause: error });
  return error;
}
