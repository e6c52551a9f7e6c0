import { type Answer, decodeRequest, encodeReply, type QueryOptions, type RpcMethod } from "../api/index.ts";
import type { Signal } from "../base/index.ts";
import type { RpcHandler, RpcHandlers } from "../rpc/index.ts";

/** Answers with replies that are only written. */
export interface AnswersToWrite {
  answerToWrite(
    method: RpcMethod,
    request: unknown,
    given: QueryOptions & { readonly signal: Signal },
  ): Promise<Answer<unknown>>;
}

/** What peers may ask of a server over the network: every method, by its name on the wire. */
export function rpcHandlers(methods: readonly RpcMethod[], rpc: AnswersToWrite): RpcHandlers {
  return new Map(methods.map((method) => [method.name, handlerOf(method, rpc)]));
}

function handlerOf(method: RpcMethod, rpc: AnswersToWrite): RpcHandler {
  return async (body, { signal }) => {
    const { request, options } = decodeRequest(method, body);
    return encodeReply(method, await rpc.answerToWrite(method, request, { ...options, signal }));
  };
}
