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
  { rpc, nodeID, allocations }: DesiredAllocationsParts,
  index: LogIndex,
  log: Log,
  signal: AbortSignal,
): Promise<LogIndex> {
  const options = { allowStale: true, minQueryIndex: index, signal };
  const answer = await rpc.call(getClientAllocations, { NodeID: nodeID }, options);
  // An answer that came only because the wait was over, or from a server that is behind, says nothing new.
  if (answer.index <= index) return index;
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
  const behind = reply.Allocs.find(({ ID, AllocModifyIndex }) => AllocModifyIndex < (listed[ID] ?? 0));
  if (behind !== undefined) throw new Error(`a server that is behind answered for allocation "${behind.ID}"`);
  return reply.Allocs;
}
