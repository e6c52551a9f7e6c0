import type { Transport } from "../api/index.ts";
import type { Environment } from "./environment.ts";

type Request = Parameters<Transport["send"]>[0];

/** An agent could not be asked. The message is worded as Go's HTTP client words it, with the URL that was asked. */
export class AgentUnreachable extends Error {
  override readonly name = "AgentUnreachable";
}

/** The way to one agent: with the user's credentials, and with errors in the words that the command's users know. */
export class AgentTransport implements Transport {
  readonly #environment: Pick<Environment, "transport">;
  readonly #address: string;
  readonly #userInfo: string;
  readonly #token: string;

  /**
   * `userInfo` is `user:password` for an agent behind a proxy that asks; those in the address itself win. `token` is the
   * secret by which servers know who asks. Either may be empty.
   */
  constructor(
    environment: Pick<Environment, "transport">,
    { address, userInfo, token }: { readonly address: string; readonly userInfo: string; readonly token: string },
  ) {
    this.#environment = environment;
    this.#address = address.replace(/\/+$/, "");
    this.#userInfo = userInfo;
    this.#token = token;
  }

  async send(request: Request): ReturnType<Transport["send"]> {
    const url = URL.parse(this.#address);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw this.#failure(request, `unsupported protocol scheme "${schemeOf(this.#address)}"`);
    }
    const userInfo = url.username === "" ? this.#userInfo : decoded(url);
    const headers = {
      ...request.headers,
      ...(userInfo === "" ? {} : { Authorization: basic(userInfo) }),
      ...(this.#token === "" ? {} : { "X-Nomad-Token": this.#token }),
    };
    try {
      const answer = await this.#environment.transport(this.#address).send({ ...request, headers });
      return { ...answer, body: this.#whole(answer.body, request, url) };
    } catch (error) {
      if (request.signal?.aborted) throw error;
      throw this.#failure(request, reasonOf(error, url));
    }
  }

  /** The same bytes; a connection that breaks on the way is told like one that could not be made. */
  async *#whole(body: AsyncIterable<Uint8Array>, request: Request, url: URL): AsyncGenerator<Uint8Array, void> {
    try {
      yield* body;
    } catch (error) {
      if (request.signal?.aborted) throw error;
      throw this.#failure(request, reasonOf(error, url));
    }
  }

  #failure({ method, target }: Request, reason: string): AgentUnreachable {
    const verb = method.charAt(0) + method.slice(1).toLowerCase();
    const address = this.#address.replace(/^(https?:\/\/[^:/@]*):[^@/]*@/, "$1:xxxxx@");
    return new AgentUnreachable(`${verb} "${address}${target}": ${reason}`);
  }
}

/** Why nobody can be asked at this address; undefined if there may be an agent. */
export function addressProblem(address: string): string | undefined {
  if (/^[^/?#]*:/.test(address) && !/^[a-z][a-z0-9+.-]*:/i.test(address)) {
    return "first path segment in URL cannot contain colon";
  }
  const hasHost = /^https?:\/\//i.test(address);
  return hasHost && !URL.canParse(address) ? "not a valid URL; an address looks like http://127.0.0.1:4646" : undefined;
}

function schemeOf(address: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase() ?? "";
}

function decoded({ username, password }: URL): string {
  const both = `${username}:${password}`;
  try {
    return decodeURIComponent(both);
  } catch {
    return both;
  }
}

function basic(userInfo: string): string {
  return `Basic ${Buffer.from(userInfo.includes(":") ? userInfo : `${userInfo}:`).toString("base64")}`;
}

/** A Node error in Go's words; what has no counterpart is told as it is. */
function reasonOf(error: unknown, url: URL): string {
  const last = error instanceof AggregateError ? error.errors.at(-1) : error;
  const {
    code = "",
    message = String(last),
    address,
    port,
  } = last as Partial<NodeJS.ErrnoException> & {
    address?: string;
    port?: number;
  };
  const host = address === undefined ? url.host : `${address.includes(":") ? `[${address}]` : address}:${port}`;
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${host}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${host}: connect: no route to host`;
    case "ENETUNREACH":
      return `dial tcp ${host}: connect: network is unreachable`;
    case "ETIMEDOUT":
      return `dial tcp ${host}: i/o timeout`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case "ECONNRESET":
      if (message === "aborted") return "unexpected EOF";
      return message === "socket hang up" ? "EOF" : `read tcp ${host}: connection reset by peer`;
  }
  if (code.startsWith("HPE_")) return `net/http: HTTP/1.x transport connection broken: ${message}`;
  return message;
}
