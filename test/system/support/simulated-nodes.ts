import {
  defaultQueryOptions,
  encodeRequest,
  type RpcMethod,
  registerNode,
  updateNodeStatus,
} from "../../../src/api/index.ts";
import { RpcPool } from "../../../src/rpc/index.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";
import { aNode } from "../../../src/server/testing/makers.ts";
import { eventually } from "./nomad.ts";

/** What jobs of the simplest kind ask of a node. */
const Attributes = { "kernel.name": "linux", "driver.exec": "1" };

/** Nodes without agents: they register with a server by its RPC, and heartbeat for as long as they are wanted. */
export class SimulatedNodes {
  readonly #pool: RpcPool;
  readonly #server: string;
  readonly #ids: readonly string[];
  /** Heartbeats that were answered, and those that failed. */
  readonly heartbeats = { answered: 0, failed: 0 };

  /** `server` is the RPC address of the server that they ask. */
  constructor(server: string, count: number) {
    this.#pool = new RpcPool(nodeRuntime({ logLevel: "ERR", writeLog: () => {} }));
    this.#server = server;
    this.#ids = Array.from({ length: count }, (_, at) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`);
  }

  /** Registers all, some at a time. */
  async register(): Promise<void> {
    for (let at = 0; at < this.#ids.length; at += 50) {
      const some = this.#ids.slice(at, at + 50);
      await Promise.all(some.map((ID) => this.#register(ID)));
    }
  }

  /** Every node heartbeats each `seconds`, spread evenly, until the signal fires. */
  async heartbeat(seconds: number, signal: AbortSignal): Promise<void> {
    const pause = (seconds * 1000) / this.#ids.length;
    const open = new Set<Promise<void>>();
    for (let at = 0, due = performance.now(); !signal.aborted; at++, due += pause) {
      const NodeID = this.#ids[at % this.#ids.length];
      const beat = this.#ask(updateNodeStatus, { NodeID, Status: "ready" }).then(
        () => void this.heartbeats.answered++,
        () => void this.heartbeats.failed++,
      );
      open.add(beat.finally(() => open.delete(beat)));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    }
    await Promise.all(open);
  }

  /** Asks until it is answered: twice does no harm. */
  async #register(ID: string): Promise<void> {
    const ask = () => this.#ask(registerNode, { Node: { ...aNode({ Attributes }), ID, Name: `n-${ID}` } });
    await eventually(`node ${ID} is registered`, () => ask().catch(() => undefined));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #ask(method: RpcMethod, request: object): Promise<unknown> {
    return this.#pool.call(this.#server, method.name, encodeRequest(method, request, defaultQueryOptions));
  }
}
