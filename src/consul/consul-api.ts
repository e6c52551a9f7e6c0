import { type Duration, formatGoDuration, later, withEither } from "../base/index.ts";
import type { Clock, HttpClient, OutgoingRequest } from "../runtime/index.ts";
import { addressesIn, type ConsulSelf, checksIn, selfIn, servicesIn, textsIn } from "./answers.ts";
import { ConsulRefusal, ConsulSilent } from "./consul-failure.ts";
import type { CheckEntry, CheckStatus, KnownService, ServiceEntry } from "./entries.ts";

/** No answer is read further than this. */
const longestAnswerBytes = 16 * 1024 * 1024;
/** Of a refusal, so many characters are passed on. */
const longestRefusal = 500;

/** How Consul's agent is asked. */
export interface ConsulAccess {
  /** Sent with every request unless it is empty: a secret. */
  readonly token: string;
  /** `user:password` for a proxy before it, or empty: a secret. */
  readonly auth: string;
  /** An answer that takes longer is none. */
  readonly timeout: Duration;
}

/**
 * Asks one agent of Consul by its HTTP API. Every method throws `ConsulSilent` when there is no answer, `ConsulRefusal`
 * when it is a refusal, and the signal's reason when that fires.
 */
export class ConsulApi {
  readonly #clock: Clock;
  readonly #http: HttpClient;
  #headers: Readonly<Record<string, string>>;
  #timeout: Duration;

  constructor(clock: Clock, http: HttpClient, access: ConsulAccess) {
    this.#clock = clock;
    this.#http = http;
    this.#headers = headersOf(access);
    this.#timeout = access.timeout;
  }

  /** From now on questions are asked so. */
  use(access: ConsulAccess): void {
    this.#headers = headersOf(access);
    this.#timeout = access.timeout;
  }

  async self(signal: AbortSignal): Promise<ConsulSelf> {
    return selfIn(await this.#get("/v1/agent/self", signal));
  }

  /** What is registered with this agent, by whomever. */
  async services(signal: AbortSignal): Promise<ReadonlyMap<string, KnownService>> {
    return servicesIn(await this.#get("/v1/agent/services", signal));
  }

  /** For each check of this agent the service it is of. */
  async checks(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    return checksIn(await this.#get("/v1/agent/checks", signal));
  }

  registerService(service: ServiceEntry, signal: AbortSignal): Promise<void> {
    const { id, name, tags, address, port, meta } = service;
    const body = { ID: id, Name: name, Tags: tags, Port: port, Address: address, Meta: meta };
    return this.#put("/v1/agent/service/register", body, signal);
  }

  /** One that is not there is deregistered. */
  deregisterService(id: string, signal: AbortSignal): Promise<void> {
    return this.#unlessGone(this.#put(`/v1/agent/service/deregister/${encodeURIComponent(id)}`, undefined, signal));
  }

  registerCheck(service: string, check: CheckEntry, signal: AbortSignal): Promise<void> {
    const status = check.status();
    const body = {
      ID: check.id,
      Name: check.name,
      ServiceID: service,
      ...howOf(check),
      ...(status && { Status: status }),
    };
    return this.#put("/v1/agent/check/register", body, signal);
  }

  deregisterCheck(id: string, signal: AbortSignal): Promise<void> {
    return this.#unlessGone(this.#put(`/v1/agent/check/deregister/${encodeURIComponent(id)}`, undefined, signal));
  }

  /** Tells how a check fares that does not ask by itself. */
  tellCheck(id: string, status: CheckStatus, output: string, signal: AbortSignal): Promise<void> {
    const body = { Status: status, Output: output };
    return this.#put(`/v1/agent/check/update/${encodeURIComponent(id)}`, body, signal);
  }

  /** All datacenters, the nearest first. */
  async datacenters(signal: AbortSignal): Promise<readonly string[]> {
    return textsIn(await this.#get("/v1/catalog/datacenters", signal));
  }

  /** Where a service is in a datacenter, as `host:port`, the nearest first; healthy or not. */
  async addresses(
    service: { readonly name: string; readonly tag: string; readonly datacenter: string },
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { name, tag, datacenter } = service;
    const query = new URLSearchParams({ dc: datacenter, tag, near: "_agent", wait: "2s" });
    return addressesIn(await this.#get(`/v1/catalog/service/${encodeURIComponent(name)}?${query}&stale`, signal));
  }

  async #get(target: string, signal: AbortSignal): Promise<unknown> {
    const text = await this.#ask({ method: "GET", target }, signal);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ConsulSilent("the answer is no JSON", { cause });
    }
  }

  async #put(target: string, body: object | undefined, signal: AbortSignal): Promise<void> {
    await this.#ask({ method: "PUT", target, ...(body && { body: JSON.stringify(body) }) }, signal);
  }

  async #unlessGone(deregistered: Promise<void>): Promise<void> {
    try {
      await deregistered;
    } catch (error) {
      if (!(error instanceof ConsulRefusal && error.status === 404)) throw error;
    }
  }

  async #ask(request: OutgoingRequest, signal: AbortSignal): Promise<string> {
    const late = new AbortController();
    const cancel = this.#clock.at(later(this.#clock.now(), this.#timeout), () => late.abort());
    try {
      return await withEither([signal, late.signal], (either) => this.#send(request, either));
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ConsulRefusal || cause instanceof ConsulSilent) throw cause;
      if (late.signal.aborted) throw new ConsulSilent(`no answer within ${formatGoDuration(this.#timeout)}`);
      throw new ConsulSilent(cause instanceof Error ? cause.message : String(cause), { cause });
    } finally {
      cancel();
    }
  }

  async #send(request: OutgoingRequest, signal: AbortSignal): Promise<string> {
    const { status, body } = await this.#http.send({ ...request, headers: this.#headers, signal });
    const text = await boundedText(body);
    if (status === 200) return text;
    throw new ConsulRefusal(status, `${status}: ${text.trim().slice(0, longestRefusal)}`);
  }
}

function headersOf({ token, auth }: ConsulAccess): Readonly<Record<string, string>> {
  return {
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
    ...(token !== "" && { "X-Consul-Token": token }),
    ...(auth !== "" && { Authorization: `Basic ${Buffer.from(auth).toString("base64")}` }),
  };
}

async function boundedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > longestAnswerBytes) throw new ConsulSilent("the answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function howOf({ how }: CheckEntry): object {
  switch (how.kind) {
    case "http":
      return { HTTP: how.url, Interval: formatGoDuration(how.interval), Timeout: formatGoDuration(how.timeout) };
    case "tcp":
      return { TCP: how.address, Interval: formatGoDuration(how.interval), Timeout: formatGoDuration(how.timeout) };
    case "ttl":
      return { TTL: formatGoDuration(how.ttl) };
  }
}
