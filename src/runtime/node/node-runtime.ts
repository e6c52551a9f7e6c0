import type { Databases } from "../database.ts";
import type { Heap } from "../heap.ts";
import type { LogLevel } from "../log.ts";
import { QuietLog } from "../quiet-log.ts";
import type { Runtime } from "../runtime.ts";
import { MeasuredMetrics } from "../telemetry/measured-metrics.ts";
import { ConnectionRoom, descriptorLimit, mostConnections } from "./connection-room.ts";
import { NodeClock } from "./node-clock.ts";
import { NodeDisk } from "./node-disk.ts";
import { NodeHeap } from "./node-heap.ts";
import { NodeHttpServing } from "./node-http.ts";
import { NodeNetwork } from "./node-network.ts";
import { NodeProcesses } from "./node-processes.ts";
import { NodeRandom } from "./node-random.ts";
import { NodeWeb } from "./node-web.ts";
import { SqliteDatabases } from "./sqlite-databases.ts";
import { TextLog } from "./text-log.ts";

/** The runtime of a real process; its owner also steers its log and reads its metrics. */
export interface NodeRuntime extends Runtime {
  readonly log: TextLog;
  readonly metrics: MeasuredMetrics;
  readonly databases: Databases;
  readonly heap: Heap;
}

export interface NodeRuntimeOptions {
  readonly logLevel: LogLevel;
  /** Takes one log record with its line end, for instance to standard output. */
  readonly writeLog: (text: string) => void;
}

/** Opens the doors to the machine this process runs on. Log records are held back until `log.release()`. */
export function nodeRuntime(options: NodeRuntimeOptions): NodeRuntime {
  const clock = new NodeClock();
  const log = new TextLog(clock, options.writeLog, { level: options.logLevel });
  const room = new ConnectionRoom(mostConnections(descriptorLimit()), new QuietLog(clock, log.named("agent")));
  return {
    clock,
    random: new NodeRandom(),
    network: new NodeNetwork(room),
    http: new NodeHttpServing(room),
    web: new NodeWeb(),
    disk: new NodeDisk(),
    processes: new NodeProcesses(),
    log,
    metrics: new MeasuredMetrics(clock),
    databases: new SqliteDatabases(),
    heap: new NodeHeap(),
  };
}
