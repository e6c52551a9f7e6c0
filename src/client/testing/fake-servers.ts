import { type RpcCaller, RpcError } from "../../api/index.ts";
import { WakeUp } from "../../base/index.ts";
import type { Allocation, Node } from "../../model/index.ts";

/** Servers that do as a test says, and remember what they were asked. */
export class FakeServers {
  /** Every call, in order, as its method's name. */
  readonly calls: string[] = [];
  readonly registered: Node[] = [];
  readonly statuses: string[] = [];
  /** The batches of `Node.UpdateAlloc`. */
  readonly updates: (readonly Allocation[])[] = [];
  /** Nanoseconds. */
  ttl = 10e9;
  /** Errors thrown at the next calls of a method, first come first served. */
  readonly failures = new Map<string, string[]>();
  /** What `Alloc.GetAllocs` answers with instead of what is wanted. */
  stale: readonly Allocation[] | undefined;
  /** What `Node.GetClientAllocs` answers with at once: a server that is behind. */
  behind: { readonly index: number; readonly allocations: readonly Allocation[] } | undefined;
  /** Whether each `Node.GetClientAllocs` could be answered by any server. */
  readonly allowedStale: boolean[] = [];
  readonly #servers: readonly string[];
  #wanted: readonly Allocation[] = [];
  #index = 1;
  readonly #changed = new WakeUp();

  /** `servers` are the RPC addresses that nodes are told. */
  constructor(servers: readonly string[] = ["10.0.0.1:4647"]) {
    this.#servers = servers;
  }

  /** Sets which allocations the node is to have. */
  want(...allocations: readonly Allocation[]): void {
    this.#wanted = allocations;
    this.#index += 1;
    this.#changed.notify();
  }

  /** From now on the allocations of the node are asked of a server that is behind. */
  fallBehind(index: number, ...allocations: readonly Allocation[]): void {
    this.behind = { index, allocations };
    this.#changed.notify();
  }

  failNext(method: string, ...messages: readonly string[]): void {
    this.failures.set(method, [...messages]);
  }

  readonly rpc: RpcCaller = {
    // The caller types each answer by its method; here all are made by name.
    call: (async (
      method: { name: string },
      request: never,
      options: { minQueryIndex?: number; allowStale?: boolean; signal?: AbortSignal },
    ) => {
      this.calls.push(method.name);
      const failure = this.failures.get(method.name)?.shift();
      if (failure !== undefined) throw new RpcError(failure);
      return { knownLeader: true, lastContact: 0, ...(await this.#answer(method.name, request, options ?? {})) };
    }) as never,
  };

  async #answer(
    method: string,
    request: { Node?: Node; Status?: string; AllocIDs?: readonly string[]; Alloc?: readonly Allocation[] },
    {
      minQueryIndex = 0,
      allowStale = false,
      signal = new AbortController().signal,
    }: { minQueryIndex?: number; allowStale?: boolean; signal?: AbortSignal },
  ) {
    switch (method) {
      case "Node.Register":
        this.registered.push(request.Node as Node);
        return { reply: this.#nodeReply(), index: 3 };
      case "Node.UpdateStatus": {
        const isNew = this.statuses.at(-1) !== request.Status;
        this.statuses.push(request.Status as string);
        return { reply: this.#nodeReply(), index: isNew ? 4 : 0 };
      }
      case "Node.GetClientAllocs": {
        this.allowedStale.push(allowStale);
        while (this.#index <= minQueryIndex && this.behind === undefined && !signal.aborted) {
          await this.#changed.wait(signal);
        }
        signal.throwIfAborted();
        const { index, allocations } = this.behind ?? { index: this.#index, allocations: this.#wanted };
        const entries = allocations.map(({ ID, AllocModifyIndex }) => [ID, AllocModifyIndex] as const);
        return { reply: { Allocs: Object.fromEntries(entries) }, index };
      }
      case "Alloc.GetAllocs":
        return {
          reply: { Allocs: (this.stale ?? this.#wanted).filter(({ ID }) => request.AllocIDs?.includes(ID)) },
          index: this.#index,
        };
      case "Node.UpdateAlloc":
        this.updates.push(request.Alloc ?? []);
        return { reply: {}, index: 5 };
      default:
        throw new RpcError(`unexpected ${method}`);
    }
  }

  #nodeReply() {
    const known = { RPCMajorVersion: 1, RPCMinorVersion: 1, Datacenter: "dc1" };
    const Servers = this.#servers.map((RPCAdvertiseAddr) => ({ ...known, RPCAdvertiseAddr }));
    return { HeartbeatTTL: this.ttl, EvalIDs: [], Servers, NumNodes: 1 };
  }
}
