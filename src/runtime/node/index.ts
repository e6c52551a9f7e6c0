export { NodeDisk } from "./node-disk.ts";
export { NodeHttpClient } from "./node-http-client.ts";
export { NodeProcesses } from "./node-processes.ts";
export { type NodeRuntime, nodeRuntime } from "./node-runtime.ts";
export { measureProcess } from "./process-gauges.ts";
export { SqliteDatabases } from "./sqlite-databases.ts";
