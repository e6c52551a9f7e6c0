import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { constants, createGzip, type Gzip, gzip } from "node:zlib";
import { type Duration, inMilliseconds } from "../../base/index.ts";
import type { HttpResponse } from "../http-listener.ts";

/** How long a peer may go on sending a body that nobody reads, so that it comes to read the answer, in milliseconds. */
const lingering = 500;

/** Bytes of a long answer that are handed over before the peer must have taken some. */
const slice = 256 * 1024;

/** Characters of an answer that goes out as text, in one piece with its head. */
const shortText = 16 * 1024;

const gzipped = promisify<string | Uint8Array, Buffer>(gzip);

/** One answer on a socket. */
export class NodeHttpResponse implements HttpResponse {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #stallTime: Duration;
  #begun = false;
  #compressed = false;
  #gzip: Gzip | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, stallTime: Duration) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#stallTime = stallTime;
    outgoing.on("error", ignored);
  }

  get begun(): boolean {
    return this.#begun;
  }

  begin(status: number, headers: Readonly<Record<string, string>>, options: { readonly gzip?: boolean } = {}): void {
    this.#begun = true;
    this.#compressed = options.gzip === true;
    this.#outgoing.statusCode = status;
    for (const [name, value] of Object.entries(headers)) this.#outgoing.setHeader(name, value);
    if (this.#compressed) this.#outgoing.setHeader("Content-Encoding", "gzip");
    if (!this.#incoming.complete) this.#outgoing.shouldKeepAlive = false;
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    await this.#unlessGone(() => (this.#compressed ? this.#writeCompressed(bytes) : this.#writePlain(bytes)));
    await new Promise((resolve) => setImmediate(resolve));
  }

  async end(bytes: Uint8Array | string = ""): Promise<void> {
    if (this.#outgoing.destroyed) return;
    if (typeof bytes === "string" && bytes.length <= shortText && !this.#compressed && this.#incoming.complete) {
      if (!this.#outgoing.headersSent) this.#outgoing.setHeader("Content-Length", Buffer.byteLength(bytes));
      this.#outgoing.end(bytes);
      return;
    }
    const gzip = this.#gzip;
    if (gzip !== undefined) await this.#unlessGone(() => this.#endCompressed(gzip, bytes));
    const rest = inBytes(gzip !== undefined ? "" : this.#compressed ? await gzipped(bytes) : bytes);
    if (!this.#outgoing.headersSent) this.#outgoing.setHeader("Content-Length", rest.length);
    let at = 0;
    for (; rest.length - at > slice; at += slice)
      await this.#unlessGone(() => this.#writePlain(rest.subarray(at, at + slice)));
    if (this.#incoming.complete) this.#outgoing.end(rest.subarray(at));
    else await this.#linger(rest.subarray(at));
  }

  destroy(): void {
    this.#outgoing.destroy();
  }

  /** Rejects when the peer goes meanwhile, or takes nothing for too long: no callback of a stream is sure to come then. */
  #unlessGone(send: () => Promise<void>): Promise<void> {
    if (this.#outgoing.destroyed) return Promise.reject(peerHasGone());
    const over = Promise.withResolvers<void>();
    const gone = () => over.reject(peerHasGone());
    this.#outgoing.once("close", gone);
    const stalled = setTimeout(() => this.#outgoing.destroy(), inMilliseconds(this.#stallTime));
    send().then(over.resolve, over.reject);
    return over.promise.finally(() => {
      clearTimeout(stalled);
      this.#outgoing.off("close", gone);
    });
  }

  async #writePlain(bytes: Uint8Array | string): Promise<void> {
    if (!this.#outgoing.write(bytes)) await once(this.#outgoing, "drain");
  }

  async #writeCompressed(bytes: Uint8Array | string): Promise<void> {
    this.#gzip ??= this.#startedGzip();
    const gzip = this.#gzip;
    gzip.write(bytes);
    await new Promise<void>((resolve) => {
      gzip.flush(constants.Z_SYNC_FLUSH, resolve);
    });
  }

  async #endCompressed(gzip: Gzip, bytes: Uint8Array | string): Promise<void> {
    const ended = once(gzip, "end");
    gzip.end(bytes);
    await ended;
  }

  #startedGzip(): Gzip {
    const gzip = createGzip();
    this.#outgoing.once("close", () => gzip.destroy());
    gzip.on("error", () => this.#outgoing.destroy());
    gzip.pipe(this.#outgoing, { end: false });
    return gzip;
  }

  /** Answers a peer that is still sending, and gives it time to see the answer before the connection closes. */
  async #linger(rest: Uint8Array | string): Promise<void> {
    this.#outgoing.write(rest);
    this.#incoming.resume();
    const over = new AbortController();
    const late = setTimeout(() => over.abort(), lingering);
    // Both ways out are fine: the body is over, or the peer had its time.
    await once(this.#incoming, "close", { signal: over.signal }).catch(ignored);
    clearTimeout(late);
    this.#outgoing.end();
  }
}

function peerHasGone(): Error {
  return new Error("The peer has closed the connection");
}

function inBytes(bytes: Uint8Array | string): Uint8Array {
  return typeof bytes === "string" ? Buffer.from(bytes) : bytes;
}

function ignored(): void {}
