import type { LookupAddress } from "node:dns";
import type { ClientRequest, Agent as HttpAgent, IncomingMessage } from "node:http";
import { isIP, type LookupFunction } from "node:net";
import { pipeline, Readable } from "node:stream";
import { dictionary } from "../../base/index.ts";
import type { HttpClient, HttpTls, IncomingAnswer, OutgoingRequest } from "../http-client.ts";
import { AddressRefused } from "../web.ts";
import { Agent, request, secureHttp } from "./http-module.ts";

/** Variables such as `HTTP_PROXY` and `NO_PROXY`, in either case. */
type ProxyVariables = Readonly<Record<string, string | undefined>>;

/** Whether a connection may be made to an address, given in numbers. */
type AddressRule = (address: string) => boolean;

/** How the server is reached, where it is not by its address alone. */
interface Way {
  readonly proxies?: ProxyVariables;
  /** Of a Unix socket; the base address then only says what to ask there. */
  readonly socketPath?: string;
  readonly tls?: HttpTls;
  /** Asked of the very address that a connection is about to be made to: that of the proxy, if there is one. */
  readonly mayConnectTo?: AddressRule;
}

/**
 * Asks the server at a base address such as `http://127.0.0.1:4646`. Each request has a connection of its own, and
 * answers from other machines may come compressed.
 */
export class NodeHttpClient implements HttpClient {
  readonly #base: URL;
  readonly #agent: HttpAgent | false;
  readonly #isNear: boolean;
  readonly #way: object;
  readonly #mayConnectTo: AddressRule | undefined;

  /** Goes through the proxy that `proxies` name, except to this machine. Throws a `TypeError` when `address` is no URL. */
  constructor(address: string, { proxies = {}, socketPath, tls, mayConnectTo }: Way = {}) {
    this.#base = new URL(address);
    this.#mayConnectTo = mayConnectTo;
    this.#way = {
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(tls === undefined
        ? {}
        : { ca: tls.authorities, cert: tls.certificate, key: tls.key, rejectUnauthorized: tls.verifies }),
    };
    this.#isNear = socketPath !== undefined || isThisMachine(this.#base.hostname);
    this.#agent = this.#isNear ? false : proxyAgent(this.#base.protocol, proxies);
  }

  async send({ method, target, headers = {}, body, signal }: OutgoingRequest): Promise<IncomingAnswer> {
    const { protocol, port, pathname } = this.#base;
    const hostname = this.#base.hostname.replace(/^\[(.*)\]$/, "$1");
    const mayConnectTo = this.#mayConnectTo;
    if (mayConnectTo !== undefined && isIP(hostname) !== 0 && !mayConnectTo(hostname)) throw refusal(hostname);
    const start = protocol === "https:" ? secureHttp().request : request;
    const length = typeof body === "string" ? { "Content-Length": String(Buffer.byteLength(body)) } : {};
    // Who asks for an encoding itself also takes it apart itself. Within a machine it would cost more than it saves.
    const mayCompress = !this.#isNear && !Object.keys(headers).some((name) => name.toLowerCase() === "accept-encoding");
    const outgoing = start({
      protocol,
      hostname,
      port,
      method,
      path: `${pathname.replace(/\/+$/, "")}${target}`,
      headers: { ...(mayCompress ? { "Accept-Encoding": "gzip" } : {}), ...headers, ...length },
      agent: this.#agent,
      ...this.#way,
      ...(mayConnectTo === undefined ? {} : { lookup: lookupAllowed(mayConnectTo) }),
      signal,
    });
    const answered = answerTo(outgoing);
    if (body === undefined || typeof body === "string") outgoing.end(body);
    else sendPieces(outgoing, body);
    const incoming = await answered.catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
    return {
      status: incoming.statusCode ?? 0,
      headers: headersOf(incoming),
      body: mayCompress ? uncompressed(incoming) : incoming,
    };
  }
}

/** A server that answers before it has taken all of it need take no more; what goes wrong shows in the answer. */
function sendPieces(outgoing: ClientRequest, body: AsyncIterable<Uint8Array>): void {
  pipeline(Readable.from(body, { objectMode: false }), outgoing, () => undefined);
}

function isThisMachine(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}

/** As the system looks names up, without the addresses that are not allowed: what was checked is what is used. */
function lookupAllowed(mayConnectTo: AddressRule): LookupFunction {
  const { lookup } = process.getBuiltinModule("node:dns");
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return callback(error, "", 0);
      const allowed = found.filter(({ address }) => mayConnectTo(address));
      const [first] = allowed;
      if (first === undefined) return callback(refusal(hostname), "", 0);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(host: string): AddressRefused {
  return new AddressRefused(`Connections to ${host} are not allowed`);
}

function proxyAgent(protocol: string, variables: ProxyVariables): HttpAgent | false {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
  const proxyEnv = Object.fromEntries(names.map((name) => [name, variables[name]]));
  if (Object.values(proxyEnv).every((value) => value === undefined || value === "")) return false;
  return protocol === "https:" ? new (secureHttp().Agent)({ proxyEnv }) : new Agent({ proxyEnv });
}

/** Pieces come out as the server flushes them; when either end breaks, so does the other. */
function uncompressed(incoming: IncomingMessage): Readable {
  if (incoming.headers["content-encoding"] !== "gzip") return incoming;
  const { constants, createGunzip } = process.getBuiltinModule("node:zlib");
  const gunzip = createGunzip({ flush: constants.Z_SYNC_FLUSH });
  // Whoever reads the body learns of a break from it; nobody is left to be told here.
  pipeline(incoming, gunzip, () => {});
  return gunzip;
}

function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Stays on: a break after the answer has begun is told to whoever reads the body.
    outgoing.on("error", reject);
    outgoing.once("response", resolve);
  });
}

function headersOf(incoming: IncomingMessage): Readonly<Record<string, string>> {
  return dictionary(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}
