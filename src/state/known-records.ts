import { assert } from "../base/index.ts";
import { compiledKind, type RecordKind } from "./record-kinds.ts";

/**
 * The records that stand in the log without the names of their fields, which are most of what an entry would hold else:
 * a record names its place in this list. What stands in the log is read for ever, so the list is only added to at its end. A
 * record whose fields are others, or in another order, tells their names as before; it is worth a new line here.
 */
const known = [
  // Requests.
  "Job Eval",
  "Evals",
  "Job EvalID NodeUpdate NodeAllocation",
  "Allocs Evals",
  "Node Evals",
  "NodeID Status Evals",
  // A job and what is in it.
  "Region Namespace ID ParentID Name Type Priority AllAtOnce Datacenters NodePool Constraints Affinities " +
    "Spreads TaskGroups Update Multiregion Periodic ParameterizedJob Dispatched DispatchIdempotencyToken " +
    "Payload Meta ConsulToken VaultToken VaultNamespace NomadTokenID Status StatusDescription Stop Stable " +
    "Version SubmitTime CreateIndex ModifyIndex JobModifyIndex",
  "Name Count Constraints Affinities Spreads RestartPolicy ReschedulePolicy EphemeralDisk Update Migrate " +
    "Tasks Networks Services Volumes Meta Scaling ShutdownDelay StopAfterClientDisconnect",
  "Name Driver User Config Env Services Constraints Affinities Resources RestartPolicy Lifecycle Meta " +
    "KillTimeout KillSignal ShutdownDelay LogConfig Artifacts Templates VolumeMounts ScalingPolicies Vault " +
    "DispatchPayload CSIPluginConfig Leader Kind",
  "Attempts Interval Delay Mode",
  "Attempts Interval Delay DelayFunction MaxDelay Unlimited",
  "Stagger MaxParallel HealthCheck MinHealthyTime HealthyDeadline ProgressDeadline AutoRevert AutoPromote Canary",
  "MaxParallel HealthCheck MinHealthyTime HealthyDeadline",
  "Sticky Migrate SizeMB",
  "CPU MemoryMB MemoryMaxMB DiskMB IOPS Networks Devices",
  "Mode Device CIDR IP MBits DNS ReservedPorts DynamicPorts",
  "MaxFiles MaxFileSizeMB",
  // An evaluation.
  "ID Namespace Priority Type TriggeredBy JobID JobModifyIndex NodeID NodeModifyIndex DeploymentID Status " +
    "StatusDescription Wait WaitUntil NextEval PreviousEval BlockedEval FailedTGAllocs ClassEligibility " +
    "EscapedComputedClass QuotaLimitReached AnnotatePlan QueuedAllocations SnapshotIndex CreateIndex " +
    "ModifyIndex CreateTime ModifyTime",
  // An allocation, what a client says of one, and what is in them.
  "ID Namespace EvalID Name NodeID NodeName JobID Job TaskGroup Resources SharedResources TaskResources " +
    "AllocatedResources Metrics DesiredStatus DesiredDescription DesiredTransition ClientStatus " +
    "ClientDescription TaskStates PreviousAllocation NextAllocation DeploymentID DeploymentStatus " +
    "FollowupEvalID RescheduleTracker NetworkStatus PreemptedAllocations PreemptedByAllocation CreateIndex " +
    "ModifyIndex AllocModifyIndex CreateTime ModifyTime",
  "ID ClientStatus ClientDescription TaskStates DeploymentStatus NetworkStatus",
  "NodesEvaluated NodesFiltered NodesInPool NodesAvailable ClassFiltered ConstraintFiltered NodesExhausted " +
    "ClassExhausted DimensionExhausted QuotaExhausted ResourcesExhausted Scores ScoreMetaData AllocationTime " +
    "CoalescedFailures",
  "NodeID Scores NormScore",
  "Migrate Reschedule ForceReschedule",
  "State Failed Restarts LastRestart StartedAt FinishedAt Events",
  "Type Time DisplayMessage Details Message FailsTask RestartReason SetupError DriverError DriverMessage " +
    "ExitCode Signal KillReason KillTimeout KillError StartDelay DownloadError ValidationError DiskLimit " +
    "DiskSize FailedSibling VaultError TaskSignal TaskSignalReason GenericSource",
  // A node.
  "ID SecretID Datacenter Name HTTPAddr TLSEnabled Attributes Resources Reserved NodeResources " +
    "ReservedResources Links Meta NodeClass NodePool ComputedClass Drain DrainStrategy SchedulingEligibility " +
    "Status StatusDescription StatusUpdatedAt Events Drivers HostVolumes HostNetworks CSIControllerPlugins " +
    "CSINodePlugins LastDrain CreateIndex ModifyIndex",
  "Cpu Memory Disk Networks NodeNetworks Devices MinDynamicPort MaxDynamicPort",
  "Cpu Memory Disk Networks",
  "Attributes Detected Healthy HealthDescription UpdateTime",
  // Why a group found no place.
  "NodesEvaluated NodesFiltered NodesInPool NodesAvailable ClassFiltered ConstraintFiltered NodesExhausted " +
    "ClassExhausted DimensionExhausted QuotaExhausted ResourcesExhausted Scores ScoreMetaData AllocationTime " +
    "CoalescedFailures Refusals",
  "NodeClass Nodes Constraint Dimension Needed Free NodeID",
];

/** As many as one byte tells from the records that an entry itself describes. */
export const MOST_OWN_KINDS = 32;
assert(known.length <= MOST_OWN_KINDS, "a known record has a number of one byte");

/** Records of which snapshots are full and logs are not: they have no number, so these lines may change. */
const unnumbered = [
  "JobID Namespace Summary Children CreateIndex ModifyIndex",
  "Queued Complete Failed Running Starting Lost Unknown",
  "ID Namespace Launch CreateIndex ModifyIndex",
];

/** The fields of the known records, by their numbers. */
export const knownFields: readonly (readonly string[])[] = known.map((fields) => fields.split(" "));

/** The known records, by their numbers. */
export const knownKinds: readonly RecordKind[] = knownFields.map(compiledKind);

/** All records that are worth code of their own, whether they have a number or not. */
export const commonKinds: readonly RecordKind[] = [
  ...knownKinds,
  ...unnumbered.map((fields) => compiledKind(fields.split(" "))),
];
