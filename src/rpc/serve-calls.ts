import { type ByteBudget, type Duration, later, milliseconds, PlainSignal, type Signal } from "../base/index.ts";
import type { Connection, Log, Runtime } from "../runtime/index.ts";
import { InvalidMsgpack, longestMsgpack } from "../wire/index.ts";
import {
  decodeInSlices,
  encodeCall,
  longestRequestHeader,
  type RequestHeader,
  readRequestHeader,
} from "./call-format.ts";
import { StreamClosed } from "./errors.ts";
import type { LargeReplies } from "./large-replies.ts";
import { MessageReader, Overloaded } from "./message-reader.ts";

const requestCounter = ["nomad", "rpc", "request"];

/** How long a call goes on for a peer that has ended its side: it may still wait for the answer under way. */
const leaveGrace: Duration = milliseconds(500);

/** What a handler may know of who asks. */
export interface IncomingCall {
  readonly method: string;
  /** `host:port` of the peer. */
  readonly remoteAddress: string;
  /** Fires when the peer is gone: nobody waits for the answer any more. */
  readonly signal: Signal;
}

/** Answers one method. What it throws goes to the peer as text: its message. */
export type RpcHandler = (body: unknown, call: IncomingCall) => Promise<unknown>;

/** By the name on the wire, for instance `Job.Register`. */
export type RpcHandlers = ReadonlyMap<string, RpcHandler>;

export interface CallService {
  readonly handlers: RpcHandlers;
  /** Reads the body of a request as its handler knows it; undefined for one that is to be decoded. */
  readonly unpack?: (method: string, body: Uint8Array) => unknown;
  /** What large requests of a connection may take. */
  readonly budget: ByteBudget;
  readonly replies: LargeReplies;
  readonly log: Log;
  /** Called once, when the first whole header has come. */
  readonly heard?: () => void;
}

/**
 * Answers calls, one after the other, until the peer ends the stream, asks for what there is not, or breaks the rules;
 * then closes it. Rejects with `InvalidMsgpack` or `ProtocolViolation` for the latter, once it has answered what it
 * could: such a peer is to be disconnected.
 */
export async function serveCalls(
  runtime: Pick<Runtime, "clock" | "metrics">,
  stream: Connection,
  service: CallService,
): Promise<void> {
  const { clock } = runtime;
  const reader = new MessageReader(clock, stream.incoming, service);
  try {
    let { heard } = service;
    for (;;) {
      const bytes = reader.take(longestRequestHeader) ?? (await reader.read(longestRequestHeader));
      if (bytes === undefined) return;
      heard?.();
      heard = undefined;
      runtime.metrics.count(requestCounter);
      const call = new ServedCall(runtime, stream, service, readRequestHeader(bytes));
      if (!(await call.serve(reader))) return;
    }
  } catch (error) {
    if (!(error instanceof StreamClosed)) throw error;
  } finally {
    reader.release();
    stream.close();
  }
}

/** An answer in bytes, and how many of them the budget was charged with. */
interface ReadyAnswer {
  readonly bytes: Uint8Array;
  readonly charged: number;
}

/** One call: its header is read, its body comes. */
class ServedCall {
  readonly #runtime: Pick<Runtime, "clock" | "metrics">;
  readonly #stream: Connection;
  readonly #service: CallService;
  readonly #header: RequestHeader;

  constructor(
    runtime: Pick<Runtime, "clock" | "metrics">,
    stream: Connection,
    service: CallService,
    header: RequestHeader,
  ) {
    this.#runtime = runtime;
    this.#stream = stream;
    this.#service = service;
    this.#header = header;
  }

  /** False if the stream is to be closed after the answer. */
  async serve(reader: MessageReader): Promise<boolean> {
    const bytes = reader.take(longestMsgpack) ?? (await this.#body(reader));
    if (bytes === undefined) return false;
    const { ServiceMethod } = this.#header;
    const handler = this.#service.handlers.get(ServiceMethod);
    if (handler === undefined) {
      await this.#refuse(unknownMethod(ServiceMethod, this.#service.handlers));
      return false;
    }
    const body = await this.#read(bytes);
    const answer = await this.#run(handler, body, reader);
    reader.release();
    await this.#answer(answer);
    return true;
  }

  async #body(reader: MessageReader): Promise<Uint8Array | undefined> {
    try {
      return await reader.read(longestMsgpack);
    } catch (error) {
      if (error instanceof InvalidMsgpack || error instanceof Overloaded) await this.#refuse(error.message);
      if (error instanceof Overloaded) return undefined;
      throw error;
    }
  }

  /** The body, which takes its turn alike however it is read: the first of a kind are read otherwise than all that follow. */
  async #read(bytes: Uint8Array): Promise<unknown> {
    try {
      const { unpack } = this.#service;
      const body = unpack?.(this.#header.ServiceMethod, bytes) ?? decodeInSlices(this.#runtime.clock, bytes);
      return body instanceof Promise ? await body : body;
    } catch (error) {
      if (error instanceof InvalidMsgpack) await this.#refuse(error.message);
      throw error;
    }
  }

  /** The answer, made ready. The handler is told when the peer leaves. */
  async #run(handler: RpcHandler, body: unknown, reader: MessageReader): Promise<ReadyAnswer> {
    const { clock } = this.#runtime;
    const { remoteAddress } = this.#stream;
    const gone = new PlainSignal();
    let stopGrace = () => {};
    const unwatch = reader.watch((how) => {
      const leave = () => gone.abort(new StreamClosed("The caller is gone"));
      if (how === "broke") leave();
      else stopGrace = clock.at(later(clock.now(), leaveGrace), leave);
    });
    try {
      const reply = await handler(body, { method: this.#header.ServiceMethod, remoteAddress, signal: gone });
      const { replies } = this.#service;
      while (replies.mustWait(this.#header.ServiceMethod)) await replies.room(gone);
      return this.#charged(encodeCall({ ...this.#header, Error: "" }, reply));
    } catch (error) {
      return { bytes: this.#refusal(textOf(error)), charged: 0 };
    } finally {
      unwatch();
      stopGrace();
    }
  }

  /** In the same breath as the answer is made, so that others see that it is there. */
  #charged(bytes: Uint8Array): ReadyAnswer {
    const charged = this.#service.replies.charge(this.#header.ServiceMethod, bytes);
    if (charged !== undefined) return { bytes, charged };
    return { bytes: this.#refusal("Too many large replies at once"), charged: 0 };
  }

  async #answer({ bytes, charged }: ReadyAnswer): Promise<void> {
    try {
      await this.#stream.write(bytes);
    } finally {
      this.#service.replies.giveBack(charged);
    }
  }

  async #refuse(text: string): Promise<void> {
    await this.#stream.write(this.#refusal(text));
  }

  #refusal(text: string): Uint8Array {
    this.#runtime.metrics.count(["nomad", "rpc", "request_error"]);
    const { ServiceMethod: method } = this.#header;
    this.#service.log.debug("request failed", { method, from: this.#stream.remoteAddress, error: text });
    return encodeCall({ ...this.#header, Error: text }, {});
  }
}

/** An empty text would say that all is well. A very long one would be refused by its reader. */
function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text === "" ? "unknown error" : text.slice(0, 64 * 1024);
}

function unknownMethod(name: string, handlers: RpcHandlers): string {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return `rpc: service/method request ill-formed: ${name}`;
  const service = name.slice(0, dot + 1);
  for (const known of handlers.keys()) if (known.startsWith(service)) return `rpc: can't find method ${name}`;
  return `rpc: can't find service ${name}`;
}
