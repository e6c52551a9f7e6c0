import { type ClientEndpoints, RpcError } from "../../api/index.ts";
import { whenAborted } from "../../base/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { Allocations } from "../allocations.ts";
import type { GarbageCollector } from "../garbage-collector.ts";
import type { HostSampler } from "../stats/host-sampler.ts";
import { listDirectory, readAt, statFile } from "./allocation-files.ts";
import { followFile } from "./follow-file.ts";
import { followLog } from "./follow-log.ts";

/** What HTTP asks, answered from this client's allocations; what is under way ends with `signal`. */
export function clientEndpoints(
  runtime: Runtime,
  {
    allocations,
    collector,
    sampler,
  }: { readonly allocations: Allocations; readonly collector: GarbageCollector; readonly sampler: HostSampler },
  ending: AbortSignal,
): ClientEndpoints {
  const { disk } = runtime;
  const rootOf = (allocationID: string) => allocations.runner(allocationID).root;
  const until = <Value>(signal: AbortSignal, read: (over: AbortSignal) => AsyncIterable<Value>) =>
    untilEither([signal, ending], read);
  return {
    holds: (id) => allocations.has(id),
    listDirectory: async (id, path) => listDirectory(disk, rootOf(id), path),
    statFile: async (id, path) => statFile(disk, rootOf(id), path),
    readAt: (id, path, from, signal) => until(signal, (over) => readAt(disk, rootOf(id), path, from, over)),
    streamFile: (id, path, from, signal) => until(signal, (over) => followFile(runtime, rootOf(id), path, from, over)),
    streamLogs: (id, request, signal) => until(signal, (over) => followLog(runtime, rootOf(id), request, over)),
    hostStats: () => sampler.latest,
    collect: (id) => (id === undefined ? collector.collectAll() : collector.collect(id)),
    allocationStats: async (id, task) => {
      if (!allocations.has(id)) throw new RpcError(`unknown allocation ID "${id}"`);
      return allocations.runner(id).usage(task);
    },
  };
}

/** What `read` brings until one of `signals` fires; nothing of it stays with the signals afterwards. */
async function* untilEither<Value>(
  signals: readonly AbortSignal[],
  read: (over: AbortSignal) => AsyncIterable<Value>,
): AsyncGenerator<Value> {
  const over = new AbortController();
  const stops = signals.map((signal) => whenAborted(signal, () => over.abort(signal.reason)));
  for (const { aborted, reason } of signals) if (aborted) over.abort(reason);
  try {
    yield* read(over.signal);
  } finally {
    for (const stop of stops) stop();
  }
}
