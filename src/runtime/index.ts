export type { Clock } from "./clock.ts";
export {
  type Database,
  type DatabaseChange,
  DatabaseFailure,
  type DatabaseFailureReason,
  type DatabaseLayout,
  type DatabaseRecord,
  type Databases,
} from "./database.ts";
export type { Disk, DiskSpace, FileStatus, NewDirectory, OpenFile } from "./disk.ts";
export { endsWithin } from "./ends-within.ts";
export type { Heap } from "./heap.ts";
export type { HttpClient, HttpTls, IncomingAnswer, OutgoingRequest } from "./http-client.ts";
export type { HttpHandler, HttpLimits, HttpRequest, HttpResponse } from "./http-listener.ts";
export { InProcessHttp } from "./in-process-http.ts";
export { inTurns, longTurn } from "./in-turns.ts";
export { type Log, type LogFields, type LogLevel, type LogRecord, logInto } from "./log.ts";
export { ManualClock, settled } from "./manual-clock.ts";
export { MemoryDatabases } from "./memory-databases.ts";
export { MemoryDisk } from "./memory-disk.ts";
export { type Gauge, type Labels, type MetricName, type Metrics, unmeasured } from "./metrics.ts";
export type { Connection, DatagramSocket, Listener, Network } from "./network.ts";
export { pause, sleepOn } from "./pause.ts";
export type {
  GroupUsage,
  PipedProgram,
  ProcessExit,
  Processes,
  ProcessOutput,
  ProcessTree,
  ProcessUsage,
  Program,
  ResourceLimits,
  RunResult,
  SupervisedProcess,
  SuperviseOptions,
} from "./processes.ts";
export { QuietLog } from "./quiet-log.ts";
export type { Runtime } from "./runtime.ts";
export { metricsDump } from "./telemetry/dump.ts";
export { type LineReceiver, StatsdReceiver, StatsiteReceiver } from "./telemetry/line-receiver.ts";
export { MeasuredMetrics } from "./telemetry/measured-metrics.ts";
export { prometheusText, prometheusType } from "./telemetry/prometheus-text.ts";
export { sendMetrics } from "./telemetry/send-metrics.ts";
export { metricsSummary } from "./telemetry/summary.ts";
export { AddressRefused, inProcessWeb, type Web, type WebRequest } from "./web.ts";
