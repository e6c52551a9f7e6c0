export { NoAnswer, ProtocolViolation, RemoteError, StreamClosed } from "./errors.ts";
export { firstByte } from "./first-byte.ts";
export { type ConnectionHandler, RpcListener, type RpcListenerOptions } from "./listener.ts";
export { type CallOptions, RpcPool, type RpcPoolOptions } from "./pool.ts";
export type { IncomingCall, RpcHandler, RpcHandlers } from "./serve-calls.ts";
export {
  type SavedSnapshot,
  type SnapshotOptions,
  type Snapshots,
  serveSnapshots,
  snapshotsOf,
} from "./snapshot-stream.ts";
export type { KeepAlive } from "./yamux.ts";
