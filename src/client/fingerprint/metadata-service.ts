import { type Duration, later } from "../../base/index.ts";
import type { Connection, Runtime } from "../../runtime/index.ts";

/** No value of a metadata service is longer; more is cut off. */
const longestAnswer = 64 * 1024;

/** A cloud's metadata service: plain HTTP at a fixed address, answered by the hypervisor within moments or not at all. */
export interface MetadataService {
  /** Below which all keys are, with a slash at its end. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: Duration;
}

/** The value of a key, or undefined when the service has none or does not answer. */
export async function readMetadata(
  runtime: Runtime,
  service: MetadataService,
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const giveUp = new AbortController();
  const cancel = runtime.clock.at(later(runtime.clock.now(), service.timeout), () => giveUp.abort());
  try {
    return await get(runtime, new URL(key, service.base), service.headers, AbortSignal.any([signal, giveUp.signal]));
  } catch {
    return undefined;
  } finally {
    cancel();
  }
}

/** A request of HTTP/1.0, so that the end of the connection is the end of the answer. */
async function get(
  { network }: Runtime,
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const connection = await network.connect(`${url.hostname}:${url.port || "80"}`, signal);
  const abandon = () => connection.close();
  signal.addEventListener("abort", abandon, { once: true });
  try {
    const lines = [
      `GET ${url.pathname}${url.search} HTTP/1.0`,
      `Host: ${url.host}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    await connection.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
    return parseAnswer(await readToEnd(connection));
  } finally {
    signal.removeEventListener("abort", abandon);
    connection.close();
  }
}

async function readToEnd(connection: Connection): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of connection.incoming) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestAnswer) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The body of a 200; undefined for any other status. */
export function parseAnswer(answer: string): string | undefined {
  const end = answer.indexOf("\r\n\r\n");
  return /^HTTP\/1\.[01] 200\b/.test(answer) && end >= 0 ? answer.slice(end + 4).trim() : undefined;
}
