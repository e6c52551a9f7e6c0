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
  taskState,
} from "./allocation.ts";
export { artifactProblems } from "./artifact-validation.ts";
export { computedClass } from "./computed-class.ts";
export { type Affinity, affinity, type Constraint, constraint, type Spread, spread } from "./constraint.ts";
export {
  allowedCount,
  constraintCheck,
  constraintOperators,
  constraintText,
  distinctHosts,
  distinctProperty,
  looksAtUnique,
} from "./constraint-check.ts";
export { comparesAllocations, problemsOfConstraint } from "./constraint-validation.ts";
export { drainDeadline, drainsJobsOf, endsByItself, isDrainOver } from "./drain.ts";
export { isUnhurried, type Pace, paceOf } from "./drain-pace.ts";
export { driverConfigProblems, isKnownDriver } from "./driver-config.ts";
export {
  type AllocMetric,
  allocMetric,
  type Evaluation,
  evaluation,
  isTerminalEvaluation,
  type PlacementFailure,
  placementFailure,
  type Refusal,
  refusal,
} from "./evaluation.ts";
export { type ExplainedGroup, type Explanation, explanation, type Remark, type Remedy, remedy } from "./explanation.ts";
export { parseGossipKey } from "./gossip-key.ts";
export type { AllocationID, EvaluationID, JobID, LogIndex, NodeID } from "./ids.ts";
export { completeJob, defaultNamespace, isPeriodic, type Job, job, type PeriodicConfig } from "./job.ts";
export {
  canonicalizeJob,
  defaultLogConfig,
  defaultResources,
  initializeJob,
} from "./job-canonicalization.ts";
export { jobDiffOf } from "./job-diff.ts";
export { annotateJobDiff } from "./job-diff-annotations.ts";
export {
  type FieldDiff,
  type JobDiff,
  jobDiff,
  type ObjectDiff,
  objectDiff,
  type TaskDiff,
  type TaskGroupDiff,
} from "./job-diff-shapes.ts";
export { type JobSummary, jobSummary, type TaskGroupSummary } from "./job-summary.ts";
export { problemsOfRegistration, validateJob, validateRegistration } from "./job-validation.ts";
export { jobWarnings } from "./job-warnings.ts";
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
export { NetworkIndex, networkIndexOf } from "./network-index.ts";
export {
  type DrainMetadata,
  type DrainSpec,
  type DrainStrategy,
  type DriverInfo,
  drainSpec,
  isReady,
  type Node,
  type NodeEvent,
  type NodeStatus,
  node,
  nodeEvent,
} from "./node.ts";
export { targetValue } from "./node-target.ts";
export { childID, nextLaunch } from "./periodic.ts";
export {
  type DesiredUpdates,
  type Plan,
  type PlanAnnotations,
  type PlanResult,
  plan,
  planAnnotations,
  planResult,
} from "./plan.ts";
export { evicted, isPreempted, mayPreempt } from "./preemption.ts";
export {
  allocationsFit,
  type Fit,
  fieldExhausted,
  type Holder,
  highestFitScore,
  resourcesFit,
  scoreFit,
  scoreRoom,
  type Usage,
  usageFits,
  usageLess,
  usageMore,
  usageOf,
  usageOfAll,
} from "./resource-fit.ts";
export {
  type NetworkResource,
  type NodeResources,
  networkResource,
  type Port,
  port,
  type Resources,
  resources,
} from "./resources.ts";
export {
  completeSchedulerConfiguration,
  defaultSchedulerConfiguration,
  preemptionEnabled,
  type SchedulerConfiguration,
  schedulerAlgorithms,
  schedulerConfiguration,
  schedulerConfigurationProblem,
} from "./scheduler-configuration.ts";
export {
  type LogConfig,
  type RestartPolicy,
  type Service,
  type ServiceCheck,
  service,
  serviceCheck,
  type Task,
  type TaskArtifact,
  task,
} from "./task.ts";
export {
  type TaskGroup,
  taskGroup,
  type UpdateStrategy,
} from "./task-group.ts";
export { withScores } from "./told-scores.ts";
export type { AllocationUsage, ResourceUsage, TaskUsage } from "./usage.ts";
export { compatibleVersion } from "./version.ts";
