export {
  type AllocatedResources,
  type Allocation,
  allocation,
  type ClientStatus,
  type DesiredStatus,
  isClientTerminal,
  isServerTerminal,
  isTerminalAllocation,
  type TaskEvent,
  type TaskState,
  taskEvent,
  taskState,
} from "./allocation.ts";
export { type Affinity, affinity, type Constraint, constraint, type Spread, spread } from "./constraint.ts";
export {
  type AllocMetric,
  allocMetric,
  type Evaluation,
  type EvaluationStatus,
  evaluation,
  isTerminalEvaluation,
} from "./evaluation.ts";
export type { AllocationID, EvaluationID, JobID, LogIndex, NodeID } from "./ids.ts";
export { defaultNamespace, isPeriodic, type Job, job, type PeriodicConfig, periodicConfig } from "./job.ts";
export {
  type FieldDiff,
  fieldDiff,
  type JobDiff,
  jobDiff,
  type ObjectDiff,
  objectDiff,
  type TaskDiff,
  type TaskGroupDiff,
  taskDiff,
  taskGroupDiff,
} from "./job-diff-shapes.ts";
export { type JobSummary, jobSummary, type TaskGroupSummary, taskGroupSummary } from "./job-summary.ts";
export {
  type AllocationListStub,
  allocationListStub,
  allocationStubOf,
  type JobListStub,
  jobListStub,
  jobStubOf,
  type NodeListStub,
  nodeListStub,
  nodeStubOf,
} from "./list-stubs.ts";
export { type Member, member } from "./member.ts";
export {
  type DrainStrategy,
  type DriverInfo,
  drainStrategy,
  driverInfo,
  isReady,
  type Node,
  type NodeEvent,
  type NodeStatus,
  node,
  nodeEvent,
} from "./node.ts";
export { childID, cronProblem, nextLaunch } from "./periodic.ts";
export {
  type DesiredUpdates,
  desiredUpdates,
  type Plan,
  type PlanAnnotations,
  type PlanResult,
  plan,
  planAnnotations,
  planResult,
} from "./plan.ts";
export {
  type AllocatedTaskResources,
  allocatedTaskResources,
  type NetworkResource,
  type NodeReservedResources,
  type NodeResources,
  networkResource,
  nodeReservedResources,
  nodeResources,
  type Port,
  type PortMapping,
  port,
  portMapping,
  type Resources,
  resources,
  type TaskLifecycle,
  taskLifecycle,
} from "./resources.ts";
export {
  type LogConfig,
  logConfig,
  type RestartPolicy,
  restartPolicy,
  type Service,
  type ServiceCheck,
  service,
  serviceCheck,
  type Task,
  type TaskArtifact,
  task,
  taskArtifact,
} from "./task.ts";
export {
  type EphemeralDisk,
  ephemeralDisk,
  type MigrateStrategy,
  migrateStrategy,
  type ReschedulePolicy,
  reschedulePolicy,
  type TaskGroup,
  taskGroup,
  type UpdateStrategy,
  updateStrategy,
} from "./task-group.ts";
export { compatibleVersion } from "./version.ts";
