import type { Dictionary } from "../../base/index.ts";
import { dictionaryByID } from "../../base/index.ts";
import {
  type Allocation,
  type AllocationID,
  type Evaluation,
  evicted,
  isServerTerminal,
  isTerminalAllocation,
  type Job,
  type Resources,
} from "../../model/index.ts";
import { type CommandContext, command, done } from "../command.ts";
import { type AllocationDraft, draftOf, packedAllocation, takeOverTaskStates } from "../kept-allocations.ts";
import { storeEvaluations } from "../rules/evaluations.ts";
import { grantedResources } from "../rules/granted-resources.ts";
import { settleJobStatuses } from "../rules/job-status.ts";
import { AllocationCounts } from "../rules/job-summary.ts";
import { sameRegistration } from "../rules/job-version.ts";
import { allocationKey } from "../tables/allocations.ts";
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
      NodeUpdate: mapped(NodeUpdate, (stopped) => logged(stopped, null)),
      NodeAllocation: mapped(NodeAllocation, (placed) => {
        const isOfPlan = placed.Job !== null && job !== null && sameRegistration(placed.Job, job);
        return logged(placed, isOfPlan ? null : placed.Job);
      }),
    };
    if (NodePreemptions === undefined) return entry;
    const preemptions = mapped(NodePreemptions, ({ ID, PreemptedByAllocation }) => ({ ID, PreemptedByAllocation }));
    return { ...entry, NodePreemptions: preemptions, PreemptionEvals: PreemptionEvals ?? [] };
  },
  apply(write, { Job: job, JobOf = "", ...request }, context) {
    const { NodeUpdate, NodeAllocation, NodePreemptions = {}, PreemptionEvals = [] } = request;
    const planJob = job ?? write.allocations.get(JobOf.toLowerCase())?.Job ?? null;
    const plan: PlanBeingStored = {
      job: planJob === null ? null : (stored(write, planJob) ?? planJob),
      counts: new AllocationCounts(write),
      granted: new Map(),
    };
    const jobs = new Set<string>();
    for (const byNode of [NodeUpdate, NodeAllocation]) {
      for (const allocations of Object.values(byNode)) {
        for (const planned of allocations) {
          storePlanned(write, planned, plan, context);
          jobs.add(jobKey(planned.Namespace, planned.JobID));
        }
      }
    }
    plan.counts.write();
    for (const preemption of Object.values(NodePreemptions).flat()) {
      const evictedJob = evict(write, preemption, context);
      if (evictedJob !== undefined) jobs.add(evictedJob);
    }
    for (const called of storeEvaluations(write, PreemptionEvals, context)) jobs.add(called);
    settleJobStatuses(write, jobs);
    return done;
  },
});

/** What holds for all that is stored of a plan. */
interface PlanBeingStored {
  /** As it is stored, if it is. */
  readonly job: Job | null;
  readonly counts: AllocationCounts;
  /** The sums of what tasks were granted: allocations of one group have one. */
  readonly granted: Map<Allocation["TaskResources"], Resources>;
}

/** The leader applies what it has logged as it is: it keeps of it what it packs for that. */
function logged(allocation: Allocation, job: Job | null): Allocation {
  const packed = packedAllocation(allocation);
  packed.Job = job;
  return packed;
}

function mapped<From, To>(byNode: ByNode<From>, change: (row: From) => To): ByNode<To> {
  const changed: Dictionary<readonly To[]> = dictionaryByID();
  for (const node of Object.keys(byNode)) changed[node] = (byNode[node] as readonly From[]).map(change);
  return changed;
}

/**
 * Stores what the servers decided of one allocation. What its client said of it stays, unless the servers declare it
 * lost. To stop an allocation that was collected meanwhile does not bring it back.
 */
function storePlanned(write: Transaction, planned: Allocation, plan: PlanBeingStored, { at }: CommandContext): void {
  const before = write.allocations.get(allocationKey(planned.ID));
  if (before === undefined && isServerTerminal(planned)) return;
  const after = draftOf(planned);
  if (before !== undefined) keepClientSide(after, before);
  after.Job = jobOf(write, planned, before, plan.job);
  after.PreemptedByAllocation = planned.PreemptedByAllocation || (before?.PreemptedByAllocation ?? "");
  after.Resources = planned.Resources ?? before?.Resources ?? granted(planned.TaskResources, plan);
  after.CreateIndex = before?.CreateIndex ?? write.index;
  after.ModifyIndex = write.index;
  after.AllocModifyIndex = write.index;
  after.CreateTime = before?.CreateTime ?? (planned.CreateTime || at);
  after.ModifyTime = at;
  write.put("allocations", after);
  plan.counts.count(after, before);
  linkToPrevious(write, after);
}

function granted(tasks: Allocation["TaskResources"], plan: PlanBeingStored): Resources {
  const known = plan.granted.get(tasks);
  if (known !== undefined) return known;
  const sum = grantedResources(Object.values(tasks));
  plan.granted.set(tasks, sum);
  return sum;
}

/** Gives the key of the job of what is stopped, if it is: what has ended meanwhile needs no one to stop it. */
function evict(
  write: Transaction,
  { ID, PreemptedByAllocation }: Preemption,
  { at }: CommandContext,
): string | undefined {
  const before = write.allocations.get(allocationKey(ID));
  if (before === undefined || isTerminalAllocation(before)) return undefined;
  const { index } = write;
  const after = {
    ...evicted(before, PreemptedByAllocation),
    ModifyIndex: index,
    AllocModifyIndex: index,
    ModifyTime: at,
  };
  write.put("allocations", after);
  return jobKey(after.Namespace, after.JobID);
}

function keepClientSide(after: AllocationDraft, before: Allocation): void {
  takeOverTaskStates(after, before);
  after.NetworkStatus = before.NetworkStatus;
  if (after.ClientStatus === "lost" || after.ClientStatus === "unknown") return;
  after.ClientStatus = before.ClientStatus;
  after.ClientDescription = before.ClientDescription;
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
  if (job === null || (job === planJob && before === undefined)) return job;
  const known = stored(write, job);
  if (known !== undefined) return known;
  return before?.Job && sameRegistration(before.Job, job) ? before.Job : job;
}

/** The same registration of a job in the state. */
function stored(write: Transaction, job: Job): Job | undefined {
  const known = write.jobs.get(jobKey(job.Namespace, job.ID));
  return known !== undefined && sameRegistration(known, job) ? known : undefined;
}

/** An allocation that was replaced names the one that came in its place. */
function linkToPrevious(write: Transaction, allocation: Allocation): void {
  if (allocation.PreviousAllocation === "") return;
  const previous = write.allocations.get(allocation.PreviousAllocation.toLowerCase());
  if (previous === undefined || previous.NextAllocation === allocation.ID) return;
  write.put(
    "allocations",
    Object.assign(draftOf(previous), { NextAllocation: allocation.ID, ModifyIndex: write.index }),
  );
}
