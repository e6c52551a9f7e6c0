import { decodeRequest, encodeReply, type RpcMethod, requestUnpacker, rpcMethods } from "../../api/index.ts";
import { type RpcHandler, RpcListener } from "../../rpc/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { FakeServers } from "./fake-servers.ts";

/** A server on the network, on Nomad's wire; behind it is whatever `servers` knows. Closing it breaks all connections. */
export function listenForClients(
  runtime: Pick<Runtime, "clock" | "metrics" | "network" | "log">,
  address: string,
  servers: FakeServers,
): Promise<RpcListener> {
  const handlers = new Map<string, RpcHandler>();
  const methods: readonly RpcMethod[] = Object.values(rpcMethods);
  for (const method of methods) {
    handlers.set(method.name, async (body, { signal }) => {
      const { request, options } = decodeRequest(method, body);
      const answer = await servers.rpc.call(method, request, { ...options, signal });
      return encodeReply(method, answer);
    });
  }
  return RpcListener.listen(runtime, address, { handlers, unpack: requestUnpacker(methods) });
}
