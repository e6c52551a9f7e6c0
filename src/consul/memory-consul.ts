import type { HttpClient, IncomingAnswer, OutgoingRequest } from "../runtime/index.ts";

/** A check as it was registered, and how it fares. */
export interface MemoryCheck {
  readonly CheckID: string;
  readonly Name: string;
  readonly ServiceID: string;
  readonly Definition: Readonly<Record<string, unknown>>;
  Status: string;
  Output: string;
}

/** A service as it was registered. */
export interface MemoryService {
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly Port: number;
  readonly Meta: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The body of a registration: what is registered is up to whoever does it. */
interface Body {
  readonly ID: string;
  readonly Name: string;
  readonly ServiceID: string;
  readonly Tags: readonly string[];
  readonly Address?: string;
  readonly Port?: number;
  readonly Meta?: Readonly<Record<string, string>>;
  readonly Status?: string;
}

/**
 * For tests: an agent of Consul as far as others register with it and ask it: it keeps services and checks, and its cluster's
 * catalogue is what all its agents have. It runs no checks: their status is what they are told.
 */
export class MemoryConsul implements HttpClient {
  readonly services = new Map<string, MemoryService>();
  readonly checks = new Map<string, MemoryCheck>();
  /** `PUT /v1/agent/service/register` …, each with its ids left out. */
  readonly requests: string[] = [];
  readonly headers: Readonly<Record<string, string>>[] = [];
  /** With false, nobody answers. */
  isThere = true;
  /** What is answered in place of the truth, by the beginning of the path. */
  readonly instead = new Map<string, Answer>();
  readonly #cluster: readonly MemoryConsul[];
  readonly address: string;
  readonly node: string;

  /** `cluster` holds all agents of the datacenter and may grow; without it this one is alone. */
  constructor(options: { readonly cluster?: MemoryConsul[]; readonly address?: string; readonly node?: string } = {}) {
    this.#cluster = options.cluster ?? [this];
    options.cluster?.push(this);
    this.address = options.address ?? "127.0.0.1";
    this.node = options.node ?? "consul-node";
  }

  async send({ method, target, headers = {}, body = "", signal }: OutgoingRequest): Promise<IncomingAnswer> {
    signal?.throwIfAborted();
    if (!this.isThere) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    this.headers.push(headers);
    const answer = this.answer(method, target, body as string);
    const chunks = async function* () {
      yield Buffer.from(answer.body);
    };
    return { status: answer.status, headers: {}, body: chunks() };
  }

  /** Answers one request. */
  answer(method: string, target: string, body: string): Answer {
    const [path = "", query = ""] = target.split("?");
    const [, , area = "", kind = "", act = "", id = ""] = path.split("/").map(decodeURIComponent);
    this.requests.push(`${method} /v1/${[area, kind, act].filter(Boolean).join("/")}`);
    for (const [start, answer] of this.instead) if (path.startsWith(start)) return answer;
    if (area === "agent" && method === "GET") return json(this.#agent(kind));
    if (area === "catalog" && kind === "datacenters") return json(["dc1"]);
    if (area === "catalog" && kind === "service") return json(this.#instances(act, new URLSearchParams(query)));
    if (area === "agent" && kind === "service") return this.#service(act, id, body);
    if (area === "agent" && kind === "check") return this.#check(act, id, body);
    return { status: 404, body: "no such path" };
  }

  /** How a check fares, by its name. */
  statusOf(check: string): string | undefined {
    return [...this.checks.values()].find(({ Name }) => Name === check)?.Status;
  }

  #agent(kind: string): unknown {
    if (kind === "services") return Object.fromEntries(this.services);
    if (kind === "checks") return Object.fromEntries(this.checks);
    const Config = { Datacenter: "dc1", NodeName: this.node, Server: true, Version: "1.20.1", Revision: "abcdef12" };
    return { Config, Member: {} };
  }

  #instances(name: string, query: URLSearchParams): unknown {
    const tag = query.get("tag");
    return this.#cluster.flatMap((agent) =>
      [...agent.services.values()]
        .filter(({ Service, Tags }) => Service === name && (tag === null || Tags.includes(tag)))
        .map((service) => ({
          Node: agent.node,
          Address: agent.address,
          ServiceID: service.ID,
          ServiceAddress: service.Address,
          ServicePort: service.Port,
        })),
    );
  }

  #service(act: string, id: string, body: string): Answer {
    if (act === "deregister") {
      if (!this.services.delete(id)) return { status: 404, body: `Unknown service ID "${id}"` };
      for (const check of this.checks.values()) if (check.ServiceID === id) this.checks.delete(check.CheckID);
      return done;
    }
    const { ID, Name, Tags, Address = "", Port = 0, Meta = {} } = JSON.parse(body) as Body;
    this.services.set(ID, { ID, Service: Name, Tags, Address, Port, Meta });
    return done;
  }

  #check(act: string, id: string, body: string): Answer {
    if (act === "register") {
      const { ID, Name, ServiceID, Status = "critical", ...Definition } = JSON.parse(body) as Body;
      if (!this.services.has(ServiceID)) return { status: 500, body: `ServiceID "${ServiceID}" does not exist` };
      this.checks.set(ID, { CheckID: ID, Name, ServiceID, Definition, Status, Output: "" });
      return done;
    }
    const check = this.checks.get(id);
    if (check === undefined) return { status: 404, body: `Unknown check ID "${id}"` };
    if (act === "deregister") this.checks.delete(id);
    else Object.assign(check, JSON.parse(body));
    return done;
  }
}

const done: Answer = { status: 200, body: "" };

function json(value: unknown): Answer {
  return { status: 200, body: JSON.stringify(value) };
}
