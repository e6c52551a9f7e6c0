import type { Answer, QueryOptions, RpcCaller, RpcMethod } from "../../api/index.ts";
import { Nomad, RpcError } from "../../api/index.ts";
import { SeededRandom } from "../../base/index.ts";
import type { Snapshots } from "../../rpc/index.ts";
import { type IncomingAnswer, InProcessHttp, ManualClock, type OutgoingRequest } from "../../runtime/index.ts";
import type { AgentFacts } from "../agent-facts.ts";
import type { HostNames } from "../host-names.ts";
import { startHttpServer } from "../http-server.ts";
import { KeptLog } from "./kept-log.ts";

/** A question that reached the servers. */
export interface Question {
  readonly name: string;
  readonly request: unknown;
  readonly options: Partial<QueryOptions> & { readonly signal?: AbortSignal };
}

/** Servers that answer by a script: the reply to each method by its name, or a function that makes it. */
export class ScriptedServers implements RpcCaller {
  readonly questions: Question[] = [];
  readonly #replies: Readonly<Record<string, unknown>>;

  constructor(replies: Readonly<Record<string, unknown>>) {
    this.#replies = replies;
  }

  async call(method: RpcMethod, request: unknown, options: Question["options"] = {}): Promise<Answer<never>> {
    const question = { name: method.name, request, options };
    this.questions.push(question);
    const scripted = this.#replies[method.name];
    if (scripted === undefined) throw new RpcError(`no reply to ${method.name} in the script`);
    const reply = typeof scripted === "function" ? await scripted(question) : scripted;
    return { reply: reply as never, index: 42, knownLeader: true, lastContact: 0 };
  }
}

function notInScript(): Promise<never> {
  return Promise.reject(new RpcError("no snapshot in the script"));
}

/** An answer, read whole. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** An HTTP API without sockets, in front of scripted servers and agents. */
export async function httpWorld({
  replies = {},
  snapshots = {},
  agent = {},
  responseHeaders = {},
  hosts = { own: [], listed: [] },
  membersShape = "list",
  shedsLoad,
  http = new InProcessHttp(),
  address = "127.0.0.1:4646",
}: {
  readonly replies?: Readonly<Record<string, unknown>>;
  readonly snapshots?: Partial<Snapshots>;
  readonly agent?: Partial<AgentFacts>;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly hosts?: HostNames;
  readonly membersShape?: "list" | "object";
  readonly shedsLoad?: () => boolean;
  /** What several agents have in common. */
  readonly http?: InProcessHttp;
  readonly address?: string;
} = {}) {
  const [clock, log] = [new ManualClock(), new KeptLog()];
  const servers = new ScriptedServers(replies);
  const facts: AgentFacts = {
    name: "vm",
    region: "global",
    datacenter: "dc1",
    self: () => ({ config: {}, member: lonelyMember, stats: {} }),
    ...agent,
  };
  const server = await startHttpServer(
    { clock, log, http, random: new SeededRandom("http") },
    { rpc: servers, snapshots: { save: notInScript, restore: notInScript, ...snapshots }, agent: facts },
    { address, responseHeaders, hosts, membersShape, shedsLoad },
  );
  const client = http.client(address);
  return {
    clock,
    log,
    servers,
    client,
    server,
    nomad: new Nomad(client),
    ask: async (target: string, request: Partial<OutgoingRequest> = {}): Promise<WholeAnswer> =>
      whole(await client.send({ method: "GET", target, ...request })),
  };
}

export const lonelyMember = {
  Name: "vm.global",
  Addr: "127.0.0.1",
  Port: 4648,
  Tags: { role: "nomad" },
  Status: "alive",
  ProtocolMin: 1,
  ProtocolMax: 4,
  ProtocolCur: 2,
  DelegateMin: 2,
  DelegateMax: 4,
  DelegateCur: 4,
};

async function whole({ status, headers, body }: IncomingAnswer): Promise<WholeAnswer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return { status, headers, text: Buffer.concat(parts).toString() };
}
