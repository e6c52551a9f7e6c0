export type { DurableBatch, DurableState, RaftEvent, Role } from "./core/effects.ts";
export type { LogEntry, LogIndex, Term } from "./core/log-entry.ts";
export type { Member, ServerID } from "./core/membership.ts";
export type { RaftMessage } from "./core/messages.ts";
export type { LogPlace, SnapshotChunk, SnapshotMark } from "./core/snapshot.ts";
export { DEFAULT_TIMING, type RaftTiming } from "./core/timing.ts";
export { DatabaseLogStore } from "./database-log-store.ts";
export {
  CommandTooLarge,
  LeadershipLost,
  LogStoreBroken,
  LogStoreDamaged,
  LogStoreFull,
  MembersNotChanged,
  NotLeader,
  RaftOverloaded,
  RaftStopped,
  RestoreUnderWay,
} from "./errors.ts";
export { FileSnapshotStore } from "./file-snapshot-store.ts";
export type { LogStore } from "./log-store.ts";
export { MemoryLogStore } from "./memory-log-store.ts";
export { type Caller, type NetworkTransport, type RaftTransportOptions, raftTransport } from "./network-transport.ts";
export { openRaftStorage, type RaftStorage } from "./open-storage.ts";
export { RaftHost, type RaftHostOptions, type RaftParts, type RaftStats } from "./raft-host.ts";
export {
  DEFAULT_SNAPSHOT_POLICY,
  type FoundSnapshots,
  type SnapshotPolicy,
  type SnapshotStore,
  type SnapshottedState,
} from "./snapshot-store.ts";
export type { SnapshotParts } from "./snapshotting.ts";
export type { Command, StateMachine } from "./state-machine.ts";
export { noPeers, type Transport } from "./transport.ts";
