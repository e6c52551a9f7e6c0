import {
  type ClientEndpoints,
  type FileChunk,
  filled,
  localRoutes,
  type Origin,
  parseGoInteger,
  type Query,
  Refusal,
} from "../api/index.ts";
import { parseGoBoolean } from "../base/index.ts";
import { type HttpAnswer, plainText } from "./answer.ts";
import { mayComeFromElsewhere } from "./cross-site.ts";
import { framesOf } from "./frame-stream.ts";
import type { Asked, Handler, HttpContext } from "./http-context.ts";
import { intendedNode, NodeRequests } from "./node-requests.ts";

type ClientPath = Extract<
  keyof typeof localRoutes,
  | "hostStats"
  | "allocationStats"
  | "collectAllocation"
  | "collectAllocations"
  | "listDirectory"
  | "statFile"
  | "readFile"
  | "readFileAt"
  | "streamFile"
  | "streamLogs"
>;

type Answering = (client: ClientEndpoints, asked: Asked) => Promise<HttpAnswer>;

/**
 * Answers about what runs on nodes: on this agent's own, and for all others by asking them. Older programs know these
 * errors with status 500, and so they stay; but a number that is none, or out of all bounds, is the asker's mistake: 400.
 */
export function clientHandlers(context: HttpContext): Readonly<Record<ClientPath, Handler>> {
  const { agent, clock } = context;
  const nodes = new NodeRequests(context);

  /** The client of this agent; whoever hands a request on has said which one is meant. */
  const ownClient = ({ request }: Asked): ClientEndpoints => {
    const intended = intendedNode(request);
    if (agent.client === undefined) throw new Refusal(500, "node is not running a Nomad Client");
    if (intended !== undefined && intended !== agent.client.nodeID) {
      throw new Refusal(404, `This agent is not node ${JSON.stringify(intended)}`);
    }
    return agent.client.endpoints;
  };

  /** About an allocation: answered here if it is this client's, or nobody knows whose. */
  const ofAllocation = (route: ClientPath, answer: Answering): Handler => {
    return async (asked) => {
      const id = allocationIn(asked);
      const isOwn = intendedNode(asked.request) !== undefined || agent.client?.endpoints.holds(id) === true;
      if (isOwn) return answer(ownClient(asked), asked);
      const holder = await nodes.nodeOf(id, asked);
      if (holder === undefined) throw new Refusal(500, unknownAllocation(route, id));
      if (holder === agent.client?.nodeID) return answer(ownClient(asked), asked);
      return nodes.ask(holder, targetOf(route, asked), asked);
    };
  };

  /** About a node: this agent's own unless the query names one. */
  const ofNode = (route: ClientPath, answer: Answering): Handler => {
    return async (asked) => {
      const named = asked.query.get("node_id") ?? "";
      const isOwn = named === "" || named === agent.client?.nodeID || intendedNode(asked.request) !== undefined;
      return isOwn ? answer(ownClient(asked), asked) : nodes.ask(named, targetOf(route, asked), asked);
    };
  };

  return {
    hostStats: ofNode("hostStats", async (client) => json(client.hostStats())),
    allocationStats: ofAllocation("allocationStats", async (client, { path, query }) => {
      return json(await client.allocationStats(path.AllocID ?? "", query.get("task") || undefined));
    }),
    collectAllocation: sameSite(
      ofAllocation("collectAllocation", async (client, { path }) => nothing(await client.collect(path.AllocID ?? ""))),
    ),
    collectAllocations: sameSite(
      ofNode("collectAllocations", async (client) => nothing(await client.collect(undefined))),
    ),
    listDirectory: ofAllocation("listDirectory", async (client, asked) => {
      return json(await client.listDirectory(allocationIn(asked), asked.query.get("path") || "/"));
    }),
    statFile: ofAllocation("statFile", async (client, asked) => {
      return json(await client.statFile(allocationIn(asked), fileIn(asked.query)));
    }),
    readFile: ofAllocation("readFile", async (client, asked) => {
      const from = { offset: 0, limit: 0 };
      return text(client.readAt(allocationIn(asked), fileIn(asked.query), from, asked.signal));
    }),
    readFileAt: ofAllocation("readFileAt", async (client, asked) => {
      const { query } = asked;
      const [id, file] = [allocationIn(asked), fileIn(query)];
      const offset = integerIn(query, "offset");
      const limit = query.get("limit") ? integerIn(query, "limit") : 0;
      return text(client.readAt(id, file, { offset, limit }, asked.signal));
    }),
    streamFile: ofAllocation("streamFile", async (client, asked) => {
      const [id, file] = [allocationIn(asked), fileIn(asked.query)];
      return frames(client.streamFile(id, file, startIn(asked.query), asked.signal), asked);
    }),
    streamLogs: ofAllocation("streamLogs", async (client, asked) => {
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

/** The request once more, for another agent. */
function targetOf(route: ClientPath, { path, query }: Asked): string {
  return `${filled(localRoutes[route].path, path)}?${query}`;
}

function allocationIn({ path }: Asked): string {
  return path.AllocID || missing("must provide a valid alloc id");
}

function unknownAllocation(route: ClientPath, id: string): string {
  return route === "allocationStats" ? `unknown allocation ID "${id}"` : "alloc not found";
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

/** A change that may be asked for by GET, as 1.x has it: refused where a page of another site may be behind it. */
function sameSite(handler: Handler): Handler {
  return async (asked) => {
    if (mayComeFromElsewhere(asked.request)) throw new Refusal(403, "Cross-site request refused");
    return handler(asked);
  };
}

function nothing(_: void): HttpAnswer {
  return { kind: "nothing" };
}

function json(value: unknown): HttpAnswer {
  return { kind: "json", value };
}

/** Whatever a task has written is text to whoever looks at it, never a page or a script. */
function text(pieces: AsyncIterable<Uint8Array>): HttpAnswer {
  return { kind: "pieces", pieces, type: plainText };
}
