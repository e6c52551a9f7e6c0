import type { HttpClient, IncomingAnswer } from "./http-client.ts";

/** A question to a server that is none of ours. */
export interface WebRequest {
  /** Besides those that every request has. An answer comes as the server has it, never compressed on our behalf. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Asked of the very address (numbers, no brackets) that a connection is about to be made to; false breaks it off. */
  readonly mayConnectTo?: (address: string) => boolean;
}

/** Where the address of a server is one that `mayConnectTo` refused. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/** Servers out there, asked over HTTP by whole URLs, through the proxy that the agent's environment names. */
export interface Web {
  /**
   * Follows no redirects. Rejects with a Node error code when there is no answer, with `AddressRefused`, or with the
   * signal's reason.
   */
  get(url: URL, request: WebRequest): Promise<IncomingAnswer>;
}

/** A web of the servers that `client` finds by `host:port`: without sockets, for the simulator and for tests. */
export function inProcessWeb(client: (address: string) => HttpClient): Web {
  return {
    get: async (url, { headers, signal, mayConnectTo = () => true }) => {
      if (!mayConnectTo(url.hostname)) throw new AddressRefused(`Connections to ${url.hostname} are not allowed`);
      const port = url.port || (url.protocol === "https:" ? "443" : "80");
      const target = `${url.pathname}${url.search}`;
      return client(`${url.hostname}:${port}`).send({ method: "GET", target, headers, signal });
    },
  };
}
