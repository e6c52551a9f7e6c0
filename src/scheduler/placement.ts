import { dictionary } from "../base/index.ts";
import type { Allocation, AllocationID, AllocMetric, Evaluation, Job, TaskGroup } from "../model/index.ts";
import type { SchedulingContext } from "./outcome.ts";
import type { Option } from "./ranking/bin-pack.ts";

/** Something that is to run: an instance of a group, perhaps in place of an allocation that goes. */
export interface Placement {
  readonly name: string;
  readonly group: TaskGroup;
  /** The allocation it replaces; empty if it is one more. */
  readonly replaces: AllocationID;
}

// What all allocations begin with is one object for all of them: there may be a million.
const none = Object.freeze(dictionary<never>());
const nothingPreempted: readonly AllocationID[] = Object.freeze([]);
const noTransition = Object.freeze({ Migrate: null, Reschedule: null, ForceReschedule: null });

/** A new allocation on the node that was found. The job, the sum of its resources and its times are added when the plan is applied. */
export function newAllocation(
  parts: {
    readonly evaluation: Evaluation;
    readonly job: Job;
    readonly placement: Placement;
    readonly option: Option;
    readonly metrics: AllocMetric;
  },
  { random }: SchedulingContext,
): Allocation {
  const { evaluation, job, placement, option, metrics } = parts;
  return {
    ID: random.uuid(),
    Namespace: job.Namespace,
    EvalID: evaluation.ID,
    Name: placement.name,
    NodeID: option.node.ID,
    NodeName: option.node.Name,
    JobID: job.ID,
    Job: null,
    TaskGroup: placement.group.Name,
    Resources: null,
    SharedResources: null,
    TaskResources: option.taskResources,
    AllocatedResources: null,
    Metrics: metrics,
    DesiredStatus: "run",
    DesiredDescription: "",
    DesiredTransition: noTransition,
    ClientStatus: "pending",
    ClientDescription: "",
    TaskStates: none,
    PreviousAllocation: placement.replaces,
    NextAllocation: "",
    DeploymentID: "",
    DeploymentStatus: null,
    FollowupEvalID: "",
    RescheduleTracker: null,
    NetworkStatus: null,
    PreemptedAllocations: option.preempted?.map(({ ID }) => ID) ?? nothingPreempted,
    PreemptedByAllocation: "",
    CreateIndex: 0,
    ModifyIndex: 0,
    AllocModifyIndex: 0,
    CreateTime: 0,
    ModifyTime: 0,
  };
}
