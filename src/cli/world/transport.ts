/** What carries requests to agents over real sockets. By itself, so that it is loaded only when one is asked. */
export { NodeHttpClient } from "../../runtime/node/index.ts";
