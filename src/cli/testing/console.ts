import type { Transport } from "../../api/index.ts";
import { type Duration, instantOf } from "../../base/index.ts";
import type { Environment } from "../environment.ts";
import { utc } from "../format/times.ts";
import { runCommandLine } from "../run-command-line.ts";
import { Unreadable } from "../text-source.ts";

type Sent = Parameters<Transport["send"]>[0];
/** As it came to the agent, its body whole. */
type Request = Omit<Sent, "body"> & { readonly body?: string };

/** What a pretended agent answers: a value as JSON, a text with its status, bytes in pieces, or an error on the way. */
export type Reply =
  | { readonly json: unknown; readonly index?: number }
  | { readonly status: number; readonly text: string; readonly location?: string }
  | { readonly pieces: AsyncIterable<string> | Iterable<string>; readonly digest?: string }
  | { readonly error: Error };

/** By `GET /v1/jobs?prefix=web`, or without the query; a function answers anew each time. */
export type Replies = Readonly<Record<string, Reply | ((request: Request) => Reply)>>;

export interface Pretended {
  readonly agent?: Replies;
  /** Other agents, by `http://host:port`. */
  readonly agents?: Readonly<Record<string, Replies>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** The output is no terminal. */
  readonly piped?: boolean;
  /** By absolute path; an error is what reading it comes to. */
  readonly files?: Readonly<Record<string, string | Uint8Array | Error>>;
  /** Directories that may not be looked into, by absolute path. */
  readonly closed?: readonly string[];
  /** What writing over a file comes to, by absolute path. */
  readonly unwritable?: Readonly<Record<string, Error>>;
  /** Texts of files and directories of the user, by absolute path. */
  readonly userFiles?: Readonly<Record<string, string>>;
  /** Seconds since the epoch. */
  readonly now?: number;
  /** Sleep does not end: what is waited for comes before. */
  readonly neverWakes?: boolean;
  /** Fires when the command waits for what it follows. */
  readonly interrupt?: AbortSignal;
}

/** What became of a command. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Every request, as `PUT http://host/v1/jobs`. */
  readonly asked: readonly Request[];
  readonly written: ReadonlyMap<string, string>;
  /** How long the command slept each time. */
  readonly slept: readonly Duration[];
}

/** Runs a command line in a pretended process, with pretended agents. */
export async function ran(line: string | readonly string[], pretended: Pretended = {}): Promise<Ran> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const asked: Request[] = [];
  const slept: Duration[] = [];
  const written = new Map<string, string>();
  let now = pretended.now ?? 1_795_342_800;
  const agents = { "http://127.0.0.1:4646": pretended.agent ?? {}, ...pretended.agents };
  /** Of the files of the user, as they are now. */
  const contents = (): Readonly<Record<string, string>> => ({ ...pretended.userFiles, ...Object.fromEntries(written) });
  const environment: Environment = {
    variables: pretended.variables ?? {},
    output: { write: (chunk) => void out.push(Buffer.from(chunk)) },
    errors: { write: (chunk) => void err.push(Buffer.from(chunk)) },
    terminal: () => !pretended.piped,
    input: bytesOf([pretended.input ?? ""]),
    workingDirectory: "/home/ann",
    zoneAt: utc,
    random: { below: () => 0 },
    now: () => instantOf(now * 1e9),
    sleep: async (time) => {
      slept.push(time);
      now += time / 1e9;
      if (pretended.neverWakes) await new Promise(() => {});
    },
    readFile: async function* (path) {
      const file = pretended.files?.[path];
      if (file === undefined || file instanceof Error) throw file ?? systemError("ENOENT");
      yield Buffer.from(file);
    },
    localFiles: {
      kind: (path) => {
        const files = Object.keys(pretended.files ?? {});
        if (files.includes(path)) return "file";
        return files.some((file) => file.startsWith(`${path}/`)) ? "directory" : undefined;
      },
      read: (path) => {
        const file = written.get(path) ?? pretended.files?.[path];
        if (file === undefined || file instanceof Error) throw file ?? systemError("ENOENT");
        return Buffer.from(file);
      },
      list: (path) => {
        if (pretended.closed?.includes(path)) throw new Unreadable("EACCES: pretended");
        const below = Object.keys(pretended.files ?? {}).filter((file) => file.startsWith(`${path}/`));
        return [...new Set(below.map((file) => file.slice(path.length + 1).split("/")[0]!))].sort();
      },
    },
    replaceFile: async (path, text) => {
      const problem = pretended.unwritable?.[path];
      if (problem !== undefined) throw problem;
      written.set(path, text);
    },
    createFile: async (path, text) => {
      const file = pretended.files?.[path];
      if (file !== undefined) throw file instanceof Error ? file : systemError("EEXIST");
      written.set(path, text);
    },
    saveFile: async (path, pieces) => {
      const file = pretended.files?.[path];
      if (file !== undefined) throw file instanceof Error ? file : systemError("EEXIST");
      written.set(path, await latin1Of(pieces));
    },
    userFiles: async () => ({
      exists: async (path) => path in contents(),
      read: async (path) => contents()[path],
      write: async (path, text) => void written.set(path, text),
      remove: async (path) => void written.delete(path),
    }),
    program: "/opt/nomad/bin/nomad",
    transport: (address) => ({
      send: async ({ body, ...head }) => {
        const request = { ...head, body: typeof body === "object" ? await latin1Of(body) : body };
        asked.push({ ...request, target: `${address}${request.target}` });
        return answerOf(agents[address as keyof typeof agents], request);
      },
    }),
    interruption: () => pretended.interrupt ?? new AbortController().signal,
    agentProcess: () => {
      throw new Error("no agent is run here");
    },
  };
  const args = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
  const code = await runCommandLine(environment, args);
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString(), asked, written, slept };
}

/** Bytes as text, one character each. */
async function latin1Of(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of bytes) parts.push(piece);
  return Buffer.concat(parts).toString("latin1");
}

function answerOf(replies: Replies | undefined, request: Request) {
  if (replies === undefined) throw systemError("ECONNREFUSED");
  const whole = `${request.method} ${request.target}`;
  const [path = ""] = whole.split("?");
  const reply = Object.hasOwn(replies, whole) ? replies[whole] : replies[path];
  const given = typeof reply === "function" ? reply(request) : reply;
  if (given === undefined) return { status: 404, headers: {}, body: bytesOf([`no reply for ${whole}`]) };
  if ("error" in given) throw given.error;
  if ("pieces" in given) {
    const headers: Record<string, string> = given.digest === undefined ? {} : { digest: given.digest };
    return { status: 200, headers, body: bytesOf(given.pieces) };
  }
  if ("json" in given) {
    const headers = { "x-nomad-index": String(given.index ?? 1) };
    return { status: 200, headers, body: bytesOf([JSON.stringify(given.json)]) };
  }
  const headers: Record<string, string> = given.location === undefined ? {} : { location: given.location };
  return { status: given.status, headers, body: bytesOf([given.text]) };
}

type Piece = string | Uint8Array;

async function* bytesOf(pieces: AsyncIterable<Piece> | Iterable<Piece>): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

/** An error such as the operating system gives. */
export function systemError(code: string, more: object = {}): Error {
  return Object.assign(new Error(`${code}: pretended`), { code }, more);
}
