export { completeAllocation } from "./allocated-resources.ts";
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
export { computedClass } from "./computed-class.ts";
export { type Affinity, affinity, type Constraint, constraint, type Spread, spread } from "./constraint.ts";
export { constraintCheck, constraintText, distinctHosts, looksAtUnique } from "./constraint-check.ts";
export { driverConfigProblems, isKnownDriver } from "./driver-config.ts";
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
  canonicalizeJob,
  defaultKillTimeout,
  defaultLogConfig,
  defaultResources,
  defaultRestartPolicy,
  initializeJob,
} from "./job-canonicalization.ts";
export { type DiffOptions, jobDiffOf } from "./job-diff.ts";
export { annotateJobDiff } from "./job-diff-annotations.ts";
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
export { validateJob, validateRegistration } from "./job-validation.ts";
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
export { nameProblem } from "./names.ts";
export { NetworkIndex, type NetworkOffer, networkIndexOf } from "./network-index.ts";
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
export { compilePattern } from "./pattern.ts";
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
  allocationsFit,
  type Fit,
  highestFitScore,
  resourcesFit,
  scoreFit,
  type Usage,
  usageOf,
} from "./resource-fit.ts";
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
export type { AllocationUsage, ResourceUsage, TaskUsage } from "./usage.ts";
export { compatibleVersion } from "./version.ts";
export { versionConstraint } from "./version-constraint.ts";
