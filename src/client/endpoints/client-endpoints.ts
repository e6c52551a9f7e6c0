import type { ClientEndpoints } from "../../api/index.ts";
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
  const either = (signal: AbortSignal) => AbortSignal.any([signal, ending]);
  return {
    holds: (id) => allocations.has(id),
    listDirectory: async (id, path) => listDirectory(disk, rootOf(id), path),
    statFile: async (id, path) => statFile(disk, rootOf(id), path),
    async *readAt(id, path, from, signal) {
      yield* readAt(disk, rootOf(id), path, from, either(signal));
    },
    async *streamFile(id, path, from, signal) {
      yield* followFile(runtime, rootOf(id), path, from, either(signal));
    },
    async *streamLogs(id, request, signal) {
      yield* followLog(runtime, rootOf(id), request, either(signal));
    },
    hostStats: () => sampler.latest,
    collect: (id) => (id === undefined ? collector.collectAll() : collector.collect(id)),
    allocationStats: async (id, task) => allocations.runner(id).usage(task),
  };
}
