/** Lower-case UUID of a client's node. */
export type NodeID = string;
/** Lower-case UUID of an allocation. */
export type AllocationID = string;
/** Lower-case UUID of an evaluation. */
export type EvaluationID = string;
/** A job's identifier as its author wrote it; compared without regard to case. */
export type JobID = string;
/** Place of an entry in the Raft log, from 1. */
export type LogIndex = number;
