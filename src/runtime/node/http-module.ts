/**
 * Node's HTTP without what an `import` of it would load besides: an import asks for every name that the module has,
 * and some of them stand for the whole of `fetch` and WebSockets, 40 ms and 10 MB at every start.
 */
export const { Agent, createServer, request } = process.getBuiltinModule("node:http");

/** As `http`, with TLS: loaded only when it is needed. */
export const secureHttp = () => process.getBuiltinModule("node:https");
