import * as z from "zod";
import { type Duration, later, minutes } from "../../base/index.ts";
import type { Clock, HttpClient, IncomingAnswer } from "../../runtime/index.ts";
import { jsonLines } from "./json-lines.ts";

/** The version of the Engine API that this is written for. */
const ownVersion = "1.41";
/** How long the engine may take to answer, but where it waits for something on our behalf. */
const patience = minutes(1);
/** No answer that we read as a whole is longer. */
const longestAnswer = 16 * 1024 * 1024;

/** The engine does not answer: it is not there, or is being restarted. What it runs may be running on. */
export class EngineUnreachable extends Error {
  override readonly name = "EngineUnreachable";
}

/** The engine answers that it does not do what it was asked. */
export class EngineRefusal extends Error {
  override readonly name = "EngineRefusal";
  /** As in HTTP; 0 when it began well and failed later. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** True if there is no such thing as was asked for. */
export function isMissing(error: unknown): boolean {
  return error instanceof EngineRefusal && error.status === 404;
}

const engineVersion = z.object({ Version: z.string(), ApiVersion: z.string(), MinAPIVersion: z.string().default("0") });
export type EngineVersion = z.infer<typeof engineVersion>;

const withID = z.object({ Id: z.string() });

const container = z.object({
  Id: z.string(),
  Image: z.string().default(""),
  State: z.object({
    Status: z.string().default(""),
    Running: z.boolean(),
    Pid: z.number().default(0),
    OOMKilled: z.boolean().default(false),
    ExitCode: z.number().default(0),
    Error: z.string().default(""),
  }),
  Config: z.object({ Tty: z.boolean().default(false), StopSignal: z.string().default("") }),
});
/** What is known of a container. `Pid` is its first process' number on the engine's host. */
export type Container = z.infer<typeof container>;

const execution = z.object({
  Running: z.boolean(),
  ExitCode: z.number().nullable().default(null),
  Pid: z.number().default(0),
});

const listed = z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()).nullish() });

const pullMessage = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});
/** A line of what the engine tells while it gets an image. */
export type PullMessage = z.infer<typeof pullMessage>;

const count = z.number().default(0);
const containerStats = z.object({
  cpu_stats: z.object({
    cpu_usage: z.object({ total_usage: count }).default({ total_usage: 0 }),
    throttling_data: z
      .object({ throttled_periods: count, throttled_time: count })
      .default({ throttled_periods: 0, throttled_time: 0 }),
  }),
  memory_stats: z.object({ usage: count, max_usage: count, stats: z.record(z.string(), z.number()).default({}) }),
});
/** What a container uses. CPU times in nanoseconds, memory in bytes; the names within `stats` depend on the kernel. */
export type ContainerStats = z.infer<typeof containerStats>;

/** Which of a container's output is wanted. */
export interface LogRequest {
  readonly stream: "stdout" | "stderr";
  /** Seconds since the epoch with nine decimals; what was written at that very time is included. */
  readonly since: string;
  /** Goes on until the container ends. */
  readonly follow: boolean;
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array>;
}

/**
 * The part of Docker's Engine API that the driver uses. What goes wrong is `EngineUnreachable`, `EngineRefusal`, or the
 * reason of the signal that was given.
 */
export class Engine {
  readonly #clock: Clock;
  readonly #connect: () => Promise<HttpClient>;
  #client: Promise<HttpClient> | undefined;
  #prefix: Promise<string> | undefined;

  /** `connect` is called when the engine is first asked, and again after it has failed. */
  constructor(clock: Clock, connect: () => Promise<HttpClient>) {
    this.#clock = clock;
    this.#connect = connect;
  }

  /** One that does not tell its version is no engine now: nothing follows from that for what it runs. */
  async version(within: Duration = patience): Promise<EngineVersion> {
    try {
      return await this.#inTime(within, async (signal) => {
        const answer = await this.#send("", { method: "GET", path: "/version" }, signal);
        return engineVersion.parse(await jsonOf(answer));
      });
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      throw new EngineUnreachable(`the engine does not tell its version: ${error.message}`, { cause: error });
    }
  }

  /** The image's id; undefined when the engine does not have it. */
  async imageID(name: string): Promise<string | undefined> {
    const path = `/images/${inPath(name)}/json`;
    return unlessMissing(this.#json(withID, { method: "GET", path }).then(({ Id }) => Id));
  }

  /** Gets an image from its registry. `login` is what the registry is told of us, as JSON. Ends when it is there. */
  async *pull(
    image: { readonly repository: string; readonly tag: string; readonly login: string | undefined },
    signal: AbortSignal,
  ): AsyncGenerator<PullMessage> {
    const headers: Record<string, string> = {};
    if (image.login !== undefined) headers["X-Registry-Auth"] = paddedBase64Url(image.login);
    const query = { fromImage: image.repository, tag: image.tag };
    yield* this.#messages({ method: "POST", path: "/images/create", query, headers }, signal);
  }

  /** Takes images out of an archive. */
  async load(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const headers = { "Content-Type": "application/x-tar" };
    const messages = this.#messages({ method: "POST", path: "/images/load", headers, body: archive }, signal);
    for await (const _ of messages);
  }

  async removeImage(id: string): Promise<void> {
    await this.#done({ method: "DELETE", path: `/images/${inPath(id)}` });
  }

  /** Makes a container and gives its id. `body` is as the API has it. */
  async createContainer(name: string, body: object): Promise<string> {
    const question = { method: "POST", path: "/containers/create", query: { name }, json: body };
    return (await this.#json(withID, question)).Id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#done({ method: "POST", path: `/containers/${inPath(id)}/start` });
  }

  /** `signal` is a name such as `SIGTERM`. That there is nothing to send it to any more is fine. */
  async killContainer(id: string, signal: string): Promise<void> {
    const question = { method: "POST", path: `/containers/${inPath(id)}/kill`, query: { signal } };
    await this.#done(question).catch((error) => {
      if (!isMissing(error) && !(error instanceof EngineRefusal && error.status === 409)) throw error;
    });
  }

  /** With its volumes, running or not, by id or name. That it is gone, or going, is fine. */
  async removeContainer(id: string): Promise<void> {
    const question = { method: "DELETE", path: `/containers/${inPath(id)}`, query: { v: true, force: true } };
    await this.#done(question).catch((error) => {
      const isGoing = error instanceof EngineRefusal && error.status === 409;
      if (!isMissing(error) && !isGoing) throw error;
    });
  }

  /** Undefined when there is none of that id or name. */
  async container(id: string): Promise<Container | undefined> {
    return unlessMissing(this.#json(container, { method: "GET", path: `/containers/${inPath(id)}/json` }));
  }

  /** All containers, running or not, that bear a label such as `key=value`. */
  async containersLabelled(
    label: string,
  ): Promise<readonly { readonly id: string; readonly labels: ReadonlyMap<string, string> }[]> {
    const query = { all: true, filters: JSON.stringify({ label: [label] }) };
    const found = await this.#json(z.array(listed), { method: "GET", path: "/containers/json", query });
    return found.map(({ Id, Labels }) => ({ id: Id, labels: new Map(Object.entries(Labels ?? {})) }));
  }

  /** Resolves when the container does not run, or the engine thinks better of it: look at the container then. */
  async wait(id: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#versioned({ method: "POST", path: `/containers/${inPath(id)}/wait` }, signal);
    await textOf(answer);
  }

  /** What the engine keeps of a container's output: times before each piece, and frames around it unless on a terminal. */
  async *logs(id: string, { stream, since, follow }: LogRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const query = { [stream]: true, timestamps: true, since, follow };
    const answer = await this.#versioned({ method: "GET", path: `/containers/${inPath(id)}/logs`, query }, signal);
    try {
      yield* answer.body;
    } catch (error) {
      throw unreachable(error, signal);
    }
  }

  /** Prepares a program beside a container's own, and gives an id for it. */
  async createExec(id: string, command: readonly string[]): Promise<string> {
    const json = { Cmd: command, AttachStdout: true, AttachStderr: true };
    return (await this.#json(withID, { method: "POST", path: `/containers/${inPath(id)}/exec`, json })).Id;
  }

  /** Runs it, and gives what it writes, in frames. */
  async *startExec(id: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const question = { method: "POST", path: `/exec/${inPath(id)}/start`, json: { Detach: false, Tty: false } };
    const answer = await this.#versioned(question, signal);
    try {
      yield* answer.body;
    } catch (error) {
      throw unreachable(error, signal);
    }
  }

  /** What became of it. `Pid` is its number on the engine's host. */
  exec(id: string): Promise<z.output<typeof execution>> {
    return this.#json(execution, { method: "GET", path: `/exec/${inPath(id)}/json` });
  }

  async stats(id: string): Promise<ContainerStats | undefined> {
    const query = { stream: false, "one-shot": true };
    return unlessMissing(this.#json(containerStats, { method: "GET", path: `/containers/${inPath(id)}/stats`, query }));
  }

  async #done(question: Question): Promise<void> {
    await this.#inTime(patience, async (signal) => textOf(await this.#versioned(question, signal)));
  }

  #json<Schema extends z.ZodType>(schema: Schema, question: Question): Promise<z.output<Schema>> {
    return this.#inTime(patience, async (signal) => {
      const parsed = schema.safeParse(await jsonOf(await this.#versioned(question, signal)));
      if (parsed.success) return parsed.data;
      throw new EngineRefusal(
        `the engine's answer to ${question.path} cannot be read: ${z.prettifyError(parsed.error)}`,
        0,
      );
    });
  }

  async *#messages(question: Question, signal: AbortSignal): AsyncGenerator<PullMessage> {
    const answer = await this.#versioned(question, signal);
    try {
      for await (const line of jsonLines(answer.body)) {
        const message = pullMessage.safeParse(line).data ?? {};
        if (message.error !== undefined) throw new EngineRefusal(message.error, 0);
        yield message;
      }
    } catch (error) {
      throw error instanceof EngineRefusal ? error : unreachable(error, signal);
    }
  }

  async #versioned(question: Question, signal: AbortSignal): Promise<IncomingAnswer> {
    this.#prefix ??= this.version().then(prefixFor);
    try {
      return await this.#send(await this.#prefix, question, signal);
    } catch (error) {
      // It may come back as another version.
      if (error instanceof EngineUnreachable) this.#prefix = undefined;
      throw error;
    }
  }

  async #send(prefix: string, question: Question, signal: AbortSignal): Promise<IncomingAnswer> {
    const { method, path, query = {}, json, headers = {}, body } = question;
    const pairs = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
    const asked = new URLSearchParams(pairs).toString();
    let answer: IncomingAnswer;
    try {
      this.#client ??= this.#connect();
      const client = await this.#client;
      answer = await client.send({
        method,
        target: `${prefix}${path}${asked === "" ? "" : `?${asked}`}`,
        headers: { ...(json === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
        body: json === undefined ? body : JSON.stringify(json),
        signal,
      });
    } catch (error) {
      this.#client = undefined;
      throw unreachable(error, signal);
    }
    if (answer.status < 400) return answer;
    throw new EngineRefusal(await refusalOf(answer), answer.status);
  }

  async #inTime<Result>(time: Duration, act: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const late = new AbortController();
    const reason = new EngineUnreachable("the engine does not answer in time");
    const cancel = this.#clock.at(later(this.#clock.now(), time), () => late.abort(reason));
    try {
      return await act(late.signal);
    } catch (error) {
      throw error instanceof EngineRefusal ? error : unreachable(error, late.signal);
    } finally {
      cancel();
    }
  }
}

/** The oldest version that both sides speak and that is not older than ours, else the engine's newest. */
function prefixFor({ ApiVersion, MinAPIVersion }: EngineVersion): string {
  if (isOlder(ApiVersion, ownVersion)) return `/v${ApiVersion}`;
  return `/v${isOlder(ownVersion, MinAPIVersion) ? MinAPIVersion : ownVersion}`;
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major === thanMajor ? minor < thanMinor : major < thanMajor;
}

/** A name as part of a path; its slashes stay. */
function inPath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

/** The engine takes a login whose padding is missing for none at all, and does not say so. */
function paddedBase64Url(text: string): string {
  return Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

function unreachable(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof EngineUnreachable) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new EngineUnreachable(`the engine cannot be reached: ${reason}`, { cause: error });
}

async function unlessMissing<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function refusalOf(answer: IncomingAnswer): Promise<string> {
  const text = await textOf(answer);
  const said = z.object({ message: z.string() }).safeParse(parsed(text)).data?.message ?? text;
  return said.trim() || `the engine answers with status ${answer.status}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function jsonOf(answer: IncomingAnswer): Promise<unknown> {
  return JSON.parse(await textOf(answer));
}

async function textOf({ body }: IncomingAnswer): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > longestAnswer) throw new EngineRefusal("the engine's answer is too long", 0);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
