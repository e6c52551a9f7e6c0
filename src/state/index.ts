export type { Command, CommandContext, CommandResult } from "./command.ts";
export {
  type AllocationReport,
  type AllocationsClientUpdateRequest,
  allocationsClientUpdate,
} from "./commands/allocations-client-update.ts";
export { type EvaluationsDeleteRequest, evaluationsDelete } from "./commands/evaluations-delete.ts";
export { type EvaluationsUpdateRequest, evaluationsUpdate } from "./commands/evaluations-update.ts";
export { type JobDeregisterRequest, jobDeregister } from "./commands/job-deregister.ts";
export { type JobRegisterRequest, jobRegister } from "./commands/job-register.ts";
export { type JobsForgetRequest, jobsForget } from "./commands/jobs-forget.ts";
export { type NodeDeregisterRequest, nodeDeregister } from "./commands/node-deregister.ts";
export { type NodeDrainRequest, nodeDrain } from "./commands/node-drain.ts";
export { type NodeEligibilityRequest, nodeEligibility } from "./commands/node-eligibility.ts";
export { type NodeRegisterRequest, nodeRegister } from "./commands/node-register.ts";
export { type NodeStatusRequest, nodeStatus } from "./commands/node-status.ts";
export { type PlanResultsRequest, planResults } from "./commands/plan-results.ts";
export { type SummariesReconcileRequest, summariesReconcile } from "./commands/summaries-reconcile.ts";
export { digest } from "./digest.ts";
export { type DecodedCommand, decodeCommand, encodeCommand, UnreadableEntry } from "./log-entry.ts";
export { RecordedReads } from "./read-set.ts";
export { type Applied, State } from "./state.ts";
export {
  type Change,
  jobKey,
  type PeriodicLaunch,
  type ReadNote,
  type ReadSet,
  type RowOf,
  type StateView,
  type TableName,
  type Tables,
  type TableView,
  type Transaction,
} from "./view.ts";
