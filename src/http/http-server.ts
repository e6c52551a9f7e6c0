import { ByteBudget, seconds } from "../base/index.ts";
import type { HttpLimits, Listener, Runtime } from "../runtime/index.ts";
import { guardingHeaders } from "./guarding-headers.ts";
import type { HttpContext, HttpSettings } from "./http-context.ts";
import { httpHandler } from "./http-handler.ts";

const limits: Omit<HttpLimits, "connectionsPerAddress"> = {
  headBytes: 64 * 1024,
  headers: 500,
  headTime: seconds(10),
  idleTime: seconds(120),
  stallTime: seconds(60),
};
const maxBodyBytes = 64 * 1024 * 1024;
/** Bytes of long requests in memory at once, and of long answers that are not taken yet. */
const largeMessages = 256 * 1024 * 1024;

export interface HttpServer extends Listener {
  /** From now on answers carry these. Throws an `Error` when one is no header, and then keeps what there was. */
  setResponseHeaders(headers: Readonly<Record<string, string>>): void;
}

/**
 * Opens the HTTP API at `address` (`host:port`). Rejects with a Node error code (`EADDRINUSE`, `EACCES`) when the
 * address cannot be bound, and with an `Error` when a header to be sent with every answer is none.
 */
export async function startHttpServer(
  runtime: Pick<Runtime, "clock" | "http" | "log" | "random">,
  { rpc, snapshots, agent }: Pick<HttpContext, "rpc" | "snapshots" | "agent">,
  {
    address,
    connectionsPerAddress = Number.POSITIVE_INFINITY,
    shedsLoad = () => false,
    ...chosen
  }: Omit<HttpSettings, "maxBodyBytes" | "shedsLoad"> &
    Partial<Pick<HttpSettings, "shedsLoad">> & { readonly address: string; readonly connectionsPerAddress?: number },
): Promise<HttpServer> {
  let responseHeaders = onEveryAnswer(chosen.responseHeaders);
  const log = runtime.log.named("http");
  const handler = httpHandler({
    clock: runtime.clock,
    random: runtime.random,
    log,
    rpc,
    snapshots,
    agent,
    reach: (address) => runtime.http.client(address),
    settings: {
      ...chosen,
      maxBodyBytes,
      shedsLoad,
      get responseHeaders() {
        return responseHeaders;
      },
    },
    bodies: new ByteBudget(largeMessages),
    answers: new ByteBudget(largeMessages),
  });
  const listener = await runtime.http.listen(address, { ...limits, connectionsPerAddress }, handler);
  return {
    address: listener.address,
    setResponseHeaders: (headers) => {
      responseHeaders = onEveryAnswer(headers);
    },
    close: () => {
      log.debug("Shutting down http server");
      return listener.close();
    },
  };
}

/** What every answer carries, with what the operator chose of it. Throws if HTTP cannot carry that. */
function onEveryAnswer(chosen: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(chosen)) checkHeader(name, value);
  return { Vary: "Accept-Encoding", ...guardingHeaders(chosen) };
}

/** What HTTP allows in a header: a token, and visible characters, spaces and tabs. */
function checkHeader(name: string, value: string): void {
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return;
  throw new Error(`Cannot send response header ${JSON.stringify(name)}: its name or value is not allowed in HTTP`);
}
