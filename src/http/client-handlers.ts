import {
  type ClientEndpoints,
  type FileChunk,
  type localRoutes,
  type Origin,
  parseGoInteger,
  type Query,
  Refusal,
} from "../api/index.ts";
import { parseGoBoolean } from "../base/index.ts";
import { type HttpAnswer, plainText } from "./answer.ts";
import { framesOf } from "./frame-stream.ts";
import type { Asked, Handler, HttpContext } from "./http-context.ts";

type ClientPath = Extract<
  keyof typeof localRoutes,
  | "hostStats"
  | "allocationStats"
  | "listDirectory"
  | "statFile"
  | "readFile"
  | "readFileAt"
  | "streamFile"
  | "streamLogs"
>;

/**
 * Answers about what runs on this agent's client. Older programs know these errors with status 500, and so they
 * stay; but a number that is none, or out of all bounds, is the asker's mistake: 400.
 */
export function clientHandlers({ agent, clock }: HttpContext): Readonly<Record<ClientPath, Handler>> {
  const handler = (answer: (client: ClientEndpoints, asked: Asked) => Promise<HttpAnswer>): Handler => {
    return async (asked) => {
      if (agent.client === undefined) throw new Refusal(500, "node is not running a Nomad Client");
      return answer(agent.client.endpoints, asked);
    };
  };
  return {
    hostStats: handler(async (client) => json(client.hostStats())),
    allocationStats: handler(async (client, { path, query }) => {
      return json(await client.allocationStats(path.AllocID ?? "", query.get("task") || undefined));
    }),
    listDirectory: handler(async (client, asked) => {
      return json(await client.listDirectory(allocationIn(asked), asked.query.get("path") || "/"));
    }),
    statFile: handler(async (client, asked) => {
      return json(await client.statFile(allocationIn(asked), fileIn(asked.query)));
    }),
    readFile: handler(async (client, asked) => {
      const from = { offset: 0, limit: 0 };
      return text(client.readAt(allocationIn(asked), fileIn(asked.query), from, asked.signal));
    }),
    readFileAt: handler(async (client, asked) => {
      const { query } = asked;
      const [id, file] = [allocationIn(asked), fileIn(query)];
      const offset = integerIn(query, "offset");
      const limit = query.get("limit") ? integerIn(query, "limit") : 0;
      return text(client.readAt(id, file, { offset, limit }, asked.signal));
    }),
    streamFile: handler(async (client, asked) => {
      const [id, file] = [allocationIn(asked), fileIn(asked.query)];
      return frames(client.streamFile(id, file, startIn(asked.query), asked.signal), asked);
    }),
    streamLogs: handler(async (client, asked) => {
      const { query, signal } = asked;
      const id = allocationIn(asked);
      const task = query.get("task") || missing("must provide task name");
      const follow = followIn(query);
      const type = query.get("type");
      if (type !== "stdout" && type !== "stderr") throw new Refusal(500, "must provide log type (stdout/stderr)");
      const chunks = client.streamLogs(id, { task, type, follow, ...startIn(query) }, signal);
      return parseGoBoolean(query.get("plain") ?? "") === true ? text(bytesOf(chunks)) : frames(chunks, asked);
    }),
  };

  function frames(chunks: AsyncIterable<FileChunk>, { signal }: Asked): HttpAnswer {
    return { kind: "pieces", pieces: framesOf(chunks, clock, signal), type: "text/plain" };
  }
}

async function* bytesOf(chunks: AsyncIterable<FileChunk>): AsyncGenerator<Uint8Array, void> {
  for await (const { data } of chunks) yield data;
}

function allocationIn({ path }: Asked): string {
  return path.AllocID || missing("must provide a valid alloc id");
}

function fileIn(query: Query): string {
  return query.get("path") || missing("must provide a file name");
}

function startIn(query: Query): { readonly offset: number; readonly origin: Origin } {
  const offset = query.get("offset") ? integerIn(query, "offset") : 0;
  const origin = query.get("origin") || "start";
  if (origin !== "start" && origin !== "end") throw new Refusal(500, "origin must be start or end");
  return { offset, origin };
}

function followIn(query: Query): boolean {
  const said = query.get("follow") ?? "";
  const follow = parseGoBoolean(said);
  if (follow !== undefined) return follow;
  const why = `strconv.ParseBool: parsing ${JSON.stringify(said.slice(0, 100))}: invalid syntax`;
  throw new Refusal(said === "" ? 500 : 400, `Failed to parse follow field to boolean: ${why}`);
}

function integerIn(query: Query, name: string): number {
  const said = query.get(name) ?? "";
  try {
    return parseGoInteger(said);
  } catch (error) {
    throw new Refusal(said === "" ? 500 : 400, `error parsing ${name}: ${(error as Error).message}`);
  }
}

function missing(what: string): never {
  throw new Refusal(500, what);
}

function json(value: unknown): HttpAnswer {
  return { kind: "json", value };
}

/** Whatever a task has written is text to whoever looks at it, never a page or a script. */
function text(pieces: AsyncIterable<Uint8Array>): HttpAnswer {
  return { kind: "pieces", pieces, type: plainText };
}
