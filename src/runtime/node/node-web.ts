import type { IncomingAnswer } from "../http-client.ts";
import type { Web, WebRequest } from "../web.ts";
import { NodeHttpClient } from "./node-http-client.ts";

/** The web as this machine reaches it. */
export class NodeWeb implements Web {
  get(url: URL, { headers, signal, mayConnectTo }: WebRequest): Promise<IncomingAnswer> {
    const client = new NodeHttpClient(url.origin, { proxies: process.env, mayConnectTo });
    return client.send({
      method: "GET",
      target: `${url.pathname}${url.search}`,
      headers: { "Accept-Encoding": "identity", ...headers },
      signal,
    });
  }
}
