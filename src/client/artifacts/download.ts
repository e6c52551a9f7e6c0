import { formatGoDuration, seconds, withEither } from "../../base/index.ts";
import { AddressRefused, type IncomingAnswer, pause, type Runtime } from "../../runtime/index.ts";
import { ArtifactError, refusal } from "./artifact-error.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";
import { StallWatch, within } from "./deadline.ts";
import { isLinkLocal } from "./web-address.ts";

/** What is asked for. */
export interface DownloadRequest {
  readonly url: URL;
  /** What to send with a request to `url`, which is another one after a redirect. */
  readonly headersFor: (url: URL) => Promise<Readonly<Record<string, string>>>;
}

export interface DownloadTools {
  readonly runtime: Pick<Runtime, "web" | "disk" | "clock">;
  readonly limits: ArtifactLimits;
  readonly signal: AbortSignal;
  /** Told how many bytes have come, and of how many if the server says so. */
  readonly progress: (received: number, expected: number | undefined) => void;
}

const mostRedirects = 10;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** How often a connection may break over which an answer had begun. */
const mostBreaks = 5;
const afterBreak = seconds(1);

/**
 * Fetches a URL into the file `path`, which is not there yet, and returns how many bytes it has. A connection that
 * breaks on the way is taken up where it broke if the server lets us know that the file is still the same, and else
 * from the start. Throws `ArtifactError`, what the disk throws, or the signal's reason.
 */
export function download(tools: DownloadTools, request: DownloadRequest, path: string): Promise<number> {
  const { runtime, limits, signal } = tools;
  const late = () => new ArtifactError(`the download took longer than ${formatGoDuration(limits.downloadTime)}`);
  return within(runtime.clock, { time: limits.downloadTime, late, signal }, async (timed) => {
    const transfer = new Transfer({ ...tools, signal: timed }, request, path);
    for (let breaks = 0; ; breaks++) {
      const before = transfer.answers;
      try {
        return await transfer.run();
      } catch (error) {
        timed.throwIfAborted();
        if (!isBreak(error) || transfer.answers === before || breaks >= mostBreaks) throw error;
      }
      await pause(runtime.clock, afterBreak, timed);
    }
  });
}

function isBreak(error: unknown): boolean {
  return error instanceof Error && ["ECONNRESET", "EPIPE"].includes((error as { code?: string }).code ?? "");
}

/** One file on its way, over one connection after another. */
class Transfer {
  received = 0;
  /** How many have begun. */
  answers = 0;
  readonly #tools: DownloadTools;
  readonly #request: DownloadRequest;
  readonly #path: string;
  /** By which the server knows whether the file is still the same; undefined when it does not tell. */
  #validator: string | undefined;

  constructor(tools: DownloadTools, request: DownloadRequest, path: string) {
    this.#tools = tools;
    this.#request = request;
    this.#path = path;
  }

  /** Gets all that is missing. */
  async run(): Promise<number> {
    const { runtime, limits, signal } = this.#tools;
    const late = () => new ArtifactError(`the server has sent nothing for ${formatGoDuration(limits.stallTime)}`);
    const stall = new StallWatch(runtime.clock, limits.stallTime, late);
    const done = new AbortController();
    try {
      return await withEither([signal, stall.signal, done.signal], async (either) => {
        try {
          await this.#receive(await this.#ask(either), () => stall.heard());
          return this.received;
        } catch (error) {
          // A connection that we have broken off ourselves breaks with an error of its own.
          if (either.aborted) throw either.reason;
          throw error instanceof AddressRefused ? refusal(`${error.message} by this client`) : error;
        } finally {
          // What is left of answers is not wanted.
          done.abort();
        }
      });
    } finally {
      stall.close();
    }
  }

  /** The answer at the end of all redirects. */
  async #ask(signal: AbortSignal): Promise<IncomingAnswer> {
    const { runtime, limits } = this.#tools;
    const mayConnectTo = limits.allowLinkLocal ? () => true : (address: string) => !isLinkLocal(address);
    let url = this.#request.url;
    for (let followed = 0; followed <= mostRedirects; followed++) {
      const headers = { ...(await this.#request.headersFor(url)), ...this.#range() };
      const answer = await runtime.web.get(url, { headers, signal, mayConnectTo });
      const { location } = answer.headers;
      if (!redirects.has(answer.status) || location === undefined) return answer;
      url = redirected(location, url);
    }
    throw new ArtifactError(`stopped after ${mostRedirects} redirects`);
  }

  #range(): Readonly<Record<string, string>> {
    if (this.received === 0 || this.#validator === undefined) return {};
    return { Range: `bytes=${this.received}-`, "If-Range": this.#validator };
  }

  async #receive({ status, headers, body }: IncomingAnswer, heard: () => void): Promise<void> {
    this.answers += 1;
    const resumes = status === 206 && headers["content-range"]?.startsWith(`bytes ${this.received}-`) === true;
    if (status !== 200 && !resumes) throw new ArtifactError(`bad response code: ${status}`);
    const { runtime, limits, progress } = this.#tools;
    if (!resumes && this.received > 0) await runtime.disk.remove(this.#path);
    if (!resumes) this.received = 0;
    this.#validator = strongValidator(headers);
    const expected = expectedBytes(headers, this.received);
    if ((expected ?? 0) > limits.downloadBytes) throw tooLarge(limits);
    const file = await runtime.disk.open(this.#path, "append", 0o600);
    try {
      for await (const chunk of body) {
        heard();
        if (this.received + chunk.length > limits.downloadBytes) throw tooLarge(limits);
        await file.append(chunk);
        this.received += chunk.length;
        progress(this.received, expected);
      }
    } finally {
      await file.close();
    }
    if (expected !== undefined && this.received !== expected) {
      throw Object.assign(new Error(`${this.received} of ${expected} bytes have come`), { code: "ECONNRESET" });
    }
  }
}

function redirected(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw new ArtifactError("a redirect leads to something that is no URL");
  const url = new URL(location, from);
  if (url.protocol === "http:" || url.protocol === "https:") return url;
  throw new ArtifactError(`a redirect to scheme '${url.protocol.slice(0, -1)}' is not followed`);
}

function strongValidator(headers: Readonly<Record<string, string>>): string | undefined {
  const { etag } = headers;
  return etag?.startsWith('"') ? etag : undefined;
}

function expectedBytes(headers: Readonly<Record<string, string>>, received: number): number | undefined {
  const length = headers["content-length"];
  return length !== undefined && /^\d{1,15}$/.test(length) ? received + Number(length) : undefined;
}

function tooLarge(limits: ArtifactLimits): ArtifactError {
  return new ArtifactError(`the download is larger than ${limits.downloadBytes} bytes`, { recoverable: false });
}
