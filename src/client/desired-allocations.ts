import { getAllocations, getClientAllocations, type RpcCaller } from "../api/index.ts";
import type { Allocation, AllocationID, LogIndex, NodeID } from "../model/index.ts";
import { type Log, pause, type Runtime } from "../runtime/index.ts";
import type { Allocations } from "./allocations.ts";
import { diffAllocations } from "./diff-allocations.ts";
import { type RetryPace, retryDelay } from "./retry-delay.ts";

/** What the watch needs. */
export interface DesiredAllocationsParts {
  readonly runtime: Runtime;
  readonly rpc: RpcCaller;
  readonly nodeID: NodeID;
  readonly allocations: Allocations;
  readonly retry: RetryPace;
}

/**
 * Watches what the servers want of this node and brings its allocations there, until `signal` fires. Each turn asks
 * which allocations there are (the answer waits for a change), fetches those that are new or changed, and applies the
 * difference. A turn that fails changes nothing and is made again.
 *
 * Any server may answer, also one that is behind and knows less of this node than is running here. So no answer is
 * taken that is not newer than the newest one seen, and the first question of a client's life, when it has seen none,
 * is for the leader: a server that has just started and knows nothing yet would have everything stopped.
 */
export async function watchDesiredAllocations(parts: DesiredAllocationsParts, signal: AbortSignal): Promise<void> {
  const { runtime, retry } = parts;
  const log = runtime.log.named("client");
  let index: LogIndex = 0;
  let failures = 0;
  while (!signal.aborted) {
    try {
      index = await oneTurn(parts, index, log, signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      log.error("failed to query for node allocations", { reason: String(error) });
      await pause(runtime.clock, retryDelay(runtime.random, retry, failures), signal);
    }
  }
}

/** The index from which the next turn waits. */
async function oneTurn(
  { runtime, rpc, nodeID, allocations, retry }: DesiredAllocationsParts,
  index: LogIndex,
  log: Log,
  signal: AbortSignal,
): Promise<LogIndex> {
  const options = { allowStale: index > 0, minQueryIndex: index, signal };
  const answer = await rpc.call(getClientAllocations, { NodeID: nodeID }, options);
  // An answer that came only because the wait was over, or from a server that is behind, says nothing new.
  if (answer.index <= index) {
    await pause(runtime.clock, retry.first, signal);
    return index;
  }
  const listed = answer.reply.Allocs;
  const difference = diffAllocations(listed, allocations.indexes());
  const pulled = difference.pull.length === 0 ? [] : await pull(rpc, difference.pull, listed, signal);
  const ignored = difference.unchanged.length;
  log.debug(`updated allocations at index ${answer.index} (pulled ${pulled.length}) (filtered ${ignored})`);
  const applied = allocations.apply(difference.remove, pulled);
  log.debug(
    `allocs: (added ${applied.added}) (removed ${applied.removed}) (updated ${applied.updated}) (ignore ${ignored})`,
  );
  return answer.index;
}

async function pull(
  rpc: RpcCaller,
  ids: readonly AllocationID[],
  listed: Readonly<Record<AllocationID, LogIndex>>,
  signal: AbortSignal,
): Promise<readonly Allocation[]> {
  const { reply } = await rpc.call(getAllocations, { AllocIDs: ids }, { allowStale: true, signal });
  const current = new Map(reply.Allocs.map((allocation) => [allocation.ID, allocation]));
  const behind = ids.find((id) => (current.get(id)?.AllocModifyIndex ?? -1) < (listed[id] as LogIndex));
  if (behind !== undefined) throw new Error(`a server that is behind answered for allocation "${behind}"`);
  return reply.Allocs;
}
