export type { Command } from "./command.ts";
export { allocationsClientUpdate } from "./commands/allocations-client-update.ts";
export { evaluationsDelete } from "./commands/evaluations-delete.ts";
export { evaluationsUpdate } from "./commands/evaluations-update.ts";
export { jobDeregister } from "./commands/job-deregister.ts";
export { jobRegister } from "./commands/job-register.ts";
export { jobsForget } from "./commands/jobs-forget.ts";
export { nodeDeregister } from "./commands/node-deregister.ts";
export { nodeDrain } from "./commands/node-drain.ts";
export { nodeEligibility } from "./commands/node-eligibility.ts";
export { nodeRegister } from "./commands/node-register.ts";
export { nodeStatus } from "./commands/node-status.ts";
export { type PlanResultsRequest, planResults } from "./commands/plan-results.ts";
export { schedulerConfigure } from "./commands/scheduler-configure.ts";
export { summariesReconcile } from "./commands/summaries-reconcile.ts";
export { digest } from "./digest.ts";
export { inspectSnapshot, type TableSize } from "./inspect-snapshot.ts";
export type { AllocationReport } from "./kept-allocations.ts";
export {
  type DecodedCommand,
  decodeCommand,
  encodeCommand,
  writeCommand,
} from "./log-entry.ts";
export { RecordedReads } from "./read-set.ts";
export { restoreSnapshot } from "./restore-snapshot.ts";
export { UnreadableSnapshot } from "./snapshot-format.ts";
export { type Applied, State, type StateContents, writtenAt } from "./state.ts";
export { allocationIndexes } from "./tables/allocations.ts";
export { schedulerConfigurationIn } from "./tables/scheduler-configurations.ts";
export {
  type AllocationsView,
  type Change,
  jobKey,
  type ReadSet,
  type StateView,
  type Tables,
  type Transaction,
} from "./view.ts";
export { writeSnapshot } from "./write-snapshot.ts";
