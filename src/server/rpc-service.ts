import { decodeRequest, encodeReply, type RpcCaller, type RpcMethod } from "../api/index.ts";
import type { RpcHandler, RpcHandlers } from "../rpc/index.ts";

/** What peers may ask of a server over the network: every method, by its name on the wire. */
export function rpcHandlers(methods: readonly RpcMethod[], rpc: RpcCaller): RpcHandlers {
  return new Map(methods.map((method) => [method.name, handlerOf(method, rpc)]));
}

function handlerOf(method: RpcMethod, rpc: RpcCaller): RpcHandler {
  return async (body, { signal }) => {
    const { request, options } = decodeRequest(method, body);
    return encodeReply(method, await rpc.call(method, request, { ...options, signal }));
  };
}
