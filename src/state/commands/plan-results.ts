import type { Dictionary } from "../../base/index.ts";
import { dictionary } from "../../base/index.ts";
import {
  type Allocation,
  type AllocationID,
  type Evaluation,
  evicted,
  isServerTerminal,
  isTerminalAllocation,
  type Job,
} from "../../model/index.ts";
import { type CommandContext, command, done } from "../command.ts";
import { storeEvaluations } from "../rules/evaluations.ts";
import { grantedResources } from "../rules/granted-resources.ts";
import { settleJobStatuses } from "../rules/job-status.ts";
import { AllocationCounts } from "../rules/job-summary.ts";
import { sameRegistration } from "../rules/job-version.ts";
import { jobKey, type Transaction } from "../view.ts";

type ByNode<Row = Allocation> = Readonly<Dictionary<readonly Row[]>>;

/** An allocation that makes room for another one. */
type Preemption = Pick<Allocation, "ID" | "PreemptedByAllocation">;

/**
 * What was accepted of a plan, by node: allocations to stop, those to place or to update in place, and those to evict, with
 * an evaluation for each of their jobs. An allocation without `Job` is of the plan's job, or of the one it is stored with.
 */
export interface PlanResultsRequest {
  /** Null also where `JobOf` names it. */
  readonly Job: Job | null;
  /** An allocation that an earlier part of the same plan has placed: the job is the same, and may be large. */
  readonly JobOf?: AllocationID;
  readonly EvalID: string;
  readonly NodeUpdate: ByNode;
  readonly NodeAllocation: ByNode;
  /** Absent, with the next, if nothing is evicted. */
  readonly NodePreemptions?: ByNode<Preemption>;
  readonly PreemptionEvals?: readonly Evaluation[];
}

export const planResults = command<PlanResultsRequest>({
  number: 8,
  name: "plan results",
  isKept: true,
  compact({ Job: job, JobOf, EvalID, NodeUpdate, NodeAllocation, NodePreemptions, PreemptionEvals }) {
    const entry: PlanResultsRequest = {
      Job: job,
      ...(JobOf === undefined ? undefined : { JobOf }),
      EvalID,
      NodeUpdate: mapped(NodeUpdate, (stopped) => ({ ...stopped, Job: null })),
      NodeAllocation: mapped(NodeAllocation, (placed) =>
        placed.Job !== null && job !== null && sameRegistration(placed.Job, job) ? { ...placed, Job: null } : placed,
      ),
    };
    if (NodePreemptions === undefined) return entry;
    const preemptions = mapped(NodePreemptions, ({ ID, PreemptedByAllocation }) => ({ ID, PreemptedByAllocation }));
    return { ...entry, NodePreemptions: preemptions, PreemptionEvals: PreemptionEvals ?? [] };
  },
  apply(write, { Job: job, JobOf = "", ...request }, context) {
    const { NodeUpdate, NodeAllocation, NodePreemptions = {}, PreemptionEvals = [] } = request;
    const planned = [...Object.values(NodeUpdate).flat(), ...Object.values(NodeAllocation).flat()];
    const planJob = job ?? write.allocations.get(JobOf.toLowerCase())?.Job ?? null;
    const counts = new AllocationCounts(write);
    for (const allocation of planned) storePlanned(write, allocation, { planJob, counts }, context);
    counts.write();
    const preempted = Object.values(NodePreemptions)
      .flat()
      .flatMap((preemption) => evict(write, preemption, context));
    settleJobStatuses(write, [
      ...[...planned, ...preempted].map((allocation) => jobKey(allocation.Namespace, allocation.JobID)),
      ...storeEvaluations(write, PreemptionEvals, context),
    ]);
    return done;
  },
});

function mapped<From, To>(byNode: ByNode<From>, change: (row: From) => To): ByNode<To> {
  return dictionary(Object.entries(byNode).map(([node, allocations]) => [node, allocations.map(change)] as const));
}

/**
 * Stores what the servers decided of one allocation. What its client said of it stays, unless the servers declare it
 * lost. To stop an allocation that was collected meanwhile does not bring it back.
 */
function storePlanned(
  write: Transaction,
  planned: Allocation,
  { planJob, counts }: { readonly planJob: Job | null; readonly counts: AllocationCounts },
  { at }: CommandContext,
): void {
  const before = write.allocations.get(planned.ID.toLowerCase());
  if (before === undefined && isServerTerminal(planned)) return;
  const stored: Allocation = {
    ...planned,
    ...(before === undefined ? undefined : clientSide(planned, before)),
    Job: jobOf(write, planned, before, planJob),
    PreemptedByAllocation: planned.PreemptedByAllocation || (before?.PreemptedByAllocation ?? ""),
    Resources: planned.Resources ?? before?.Resources ?? grantedResources(Object.values(planned.TaskResources)),
    CreateIndex: before?.CreateIndex ?? write.index,
    ModifyIndex: write.index,
    AllocModifyIndex: write.index,
    CreateTime: before?.CreateTime ?? (planned.CreateTime || at),
    ModifyTime: at,
  };
  write.put("allocations", stored);
  counts.count(stored, before);
  linkToPrevious(write, stored);
}

/** Gives what is stopped, if it is: what has ended meanwhile needs no one to stop it. */
function evict(
  write: Transaction,
  { ID, PreemptedByAllocation }: Preemption,
  { at }: CommandContext,
): readonly Allocation[] {
  const before = write.allocations.get(ID.toLowerCase());
  if (before === undefined || isTerminalAllocation(before)) return [];
  const { index } = write;
  const after = {
    ...evicted(before, PreemptedByAllocation),
    ModifyIndex: index,
    AllocModifyIndex: index,
    ModifyTime: at,
  };
  write.put("allocations", after);
  return [after];
}

function clientSide(planned: Allocation, before: Allocation): Partial<Allocation> {
  const { TaskStates, NetworkStatus } = before;
  if (planned.ClientStatus === "lost" || planned.ClientStatus === "unknown") return { TaskStates, NetworkStatus };
  const { ClientStatus, ClientDescription } = before;
  return { TaskStates, NetworkStatus, ClientStatus, ClientDescription };
}

/** The allocation's job, as the object that already stands in memory for that registration, where there is one. */
function jobOf(
  write: Transaction,
  planned: Allocation,
  before: Allocation | undefined,
  planJob: Job | null,
): Job | null {
  const keepsJob = isServerTerminal(planned) && before !== undefined;
  const job = planned.Job ?? (keepsJob ? before.Job : planJob) ?? before?.Job ?? null;
  if (job === null) return null;
  const present = [write.jobs.get(jobKey(job.Namespace, job.ID)), before?.Job];
  return present.find((other) => other && sameRegistration(other, job)) ?? job;
}

/** An allocation that was replaced names the one that came in its place. */
function linkToPrevious(write: Transaction, allocation: Allocation): void {
  const previous = write.allocations.get(allocation.PreviousAllocation.toLowerCase());
  if (previous === undefined || previous.NextAllocation === allocation.ID) return;
  write.put("allocations", { ...previous, NextAllocation: allocation.ID, ModifyIndex: write.index });
}
