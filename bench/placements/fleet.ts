import {
  decodeReply,
  defaultQueryOptions,
  encodeRequest,
  getAllocations,
  getClientAllocations,
  type QueryOptions,
  type RpcMethod,
  registerNode,
  replyUnpacker,
  updateAllocations,
  updateNodeStatus,
} from "../../src/api/index.ts";
import { type Allocation, allocation, node } from "../../src/model/index.ts";
import { RpcPool } from "../../src/rpc/index.ts";
import { nodeRuntime } from "../../src/runtime/node/index.ts";
import { readListed } from "./client-allocations.ts";
import { machine } from "./works.ts";

/** Nodes that share connections: as many as one pool can carry, each with a question that waits and another. */
const nodesOfOnePool = 900;
const registeredAtOnce = 64;
/** As long as clients gather what became of their allocations. */
const reportsGathered = 200;

/** What a simulated node does, beside saying that it lives and waiting for its allocations. */
export interface Behaviour {
  /** Fetches each allocation that is new. */
  readonly pulls: boolean;
  /** Reports each of them as running. */
  readonly reports: boolean;
}

/** Thousands of simulated nodes in one process. They run nothing. */
export class Fleet {
  /** Allocations that nodes were told of. */
  seen = 0;
  /** Of these, such as servers know to run. */
  reported = 0;
  /** Answers to questions that waited. */
  answers = 0;
  errors = 0;
  firstError = "";
  readonly #address: string;
  readonly #nodes: number;
  readonly #behaviour: Behaviour;
  readonly #pools: readonly RpcPool[];
  readonly #told: () => void;

  /** `told` is called when nodes were told of allocations. */
  constructor(address: string, nodes: number, behaviour: Behaviour, told: () => void) {
    this.#address = address;
    this.#nodes = nodes;
    this.#behaviour = behaviour;
    this.#told = told;
    const runtime = nodeRuntime({ logLevel: "WARN", writeLog: (text) => process.stderr.write(text) });
    runtime.log.release();
    this.#pools = Array.from(
      { length: Math.ceil(nodes / nodesOfOnePool) },
      () => new RpcPool(runtime, { idleStreams: 240 }),
    );
  }

  /** Resolves when all nodes are registered and ready, and wait for allocations. */
  async begin(): Promise<void> {
    let next = 1;
    const ready: string[] = [];
    const register = async () => {
      while (next <= this.#nodes) {
        const Node = node.parse(machine(next++));
        await this.#tell(Node.ID, registerNode, { Node });
        await this.#heartbeat(Node.ID);
        ready.push(Node.ID);
      }
    };
    await Promise.all(Array.from({ length: registeredAtOnce }, register));
    for (const id of ready) void this.#watch(id);
  }

  /** Says that a node lives, and again when the time that the server grants is over. */
  async #heartbeat(NodeID: string): Promise<void> {
    let ttl = 1e9;
    try {
      ttl = await this.#tell(NodeID, updateNodeStatus, { NodeID, Status: "ready" });
    } catch (error) {
      this.#failed(error);
    }
    setTimeout(() => void this.#heartbeat(NodeID), ttl / 1e6);
  }

  async #watch(NodeID: string): Promise<void> {
    let index = 0;
    for (;;) {
      try {
        const body = await this.#call(NodeID, getClientAllocations, { NodeID }, { minQueryIndex: index });
        const { index: newest, fresh } = readListed(body, index);
        this.answers++;
        index = Math.max(index, newest);
        if (fresh.length > 0) this.#learn(NodeID, fresh);
      } catch (error) {
        this.#failed(error);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  #learn(NodeID: string, ids: readonly string[]): void {
    this.seen += ids.length;
    this.#told();
    if (this.#behaviour.pulls) void this.#pull(NodeID, ids);
    if (this.#behaviour.reports) setTimeout(() => void this.#report(NodeID, ids), reportsGathered);
  }

  async #pull(NodeID: string, AllocIDs: readonly string[]): Promise<void> {
    try {
      await this.#call(NodeID, getAllocations, { AllocIDs });
    } catch (error) {
      this.#failed(error);
    }
  }

  async #report(NodeID: string, ids: readonly string[]): Promise<void> {
    try {
      const Alloc = ids.map((ID): Allocation => ({ ...running, ID, NodeID }));
      await this.#call(NodeID, updateAllocations, { Alloc });
      this.reported += ids.length;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Says something of a node; the time until it is to say something again, in nanoseconds. */
  async #tell(node: string, method: RpcMethod, said: object): Promise<number> {
    const asked = encodeRequest(method, said, defaultQueryOptions);
    const answer = await this.#poolOf(node).call(this.#address, method.name, asked, { unpack: replyUnpacker(method) });
    return (decodeReply(method, answer).reply as { readonly HeartbeatTTL: number }).HeartbeatTTL;
  }

  /** The bytes of the answer. */
  async #call(
    node: string,
    method: RpcMethod,
    request: object,
    options: Partial<QueryOptions> = {},
  ): Promise<Uint8Array> {
    const asked = encodeRequest(method, request, { ...defaultQueryOptions, ...options });
    const unpack = (body: Uint8Array) => body;
    return (await this.#poolOf(node).call(this.#address, method.name, asked, { unpack })) as Uint8Array;
  }

  #poolOf(node: string): RpcPool {
    return this.#pools[Number(node.slice(-12)) % this.#pools.length] as RpcPool;
  }

  #failed(error: unknown): void {
    if (this.errors++ === 0) this.firstError = String(error);
  }
}

/** What a client says of an allocation that runs. */
const running = allocation.parse({
  ClientStatus: "running",
  TaskStates: {
    server: {
      State: "running",
      StartedAt: "2026-11-23T00:00:00Z",
      Events: [
        { Type: "Received", Time: 1 },
        { Type: "Started", Time: 2 },
      ],
    },
  },
});
