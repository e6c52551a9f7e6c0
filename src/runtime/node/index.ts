export { MemoryMetrics } from "./memory-metrics.ts";
export { NodeClock } from "./node-clock.ts";
export { NodeDisk } from "./node-disk.ts";
export { NodeNetwork } from "./node-network.ts";
export { NodeProcesses } from "./node-processes.ts";
export { NodeRandom } from "./node-random.ts";
export { type NodeRuntime, type NodeRuntimeOptions, nodeRuntime } from "./node-runtime.ts";
export { TextLog } from "./text-log.ts";
