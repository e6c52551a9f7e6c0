import type { Allocation, Evaluation, Job, PlacementFailure, PlanAnnotations } from "../model/index.ts";
import type { StateView } from "../state/index.ts";
import { annotations, withPreemptions } from "./annotations.ts";
import { blockedEvaluation, rollingEvaluation } from "./follow-ups.ts";
import type { Eligibility, SchedulingContext, SchedulingOutcome } from "./outcome.ts";
import type { Placement } from "./placement.ts";
import { PlanDraft } from "./plan-draft.ts";

/** What every attempt at an evaluation starts from. */
export interface Assignment {
  readonly view: StateView;
  readonly evaluation: Evaluation;
  readonly context: SchedulingContext;
}

/** What a scheduler found and decided, before it is put into the form that workers take. */
export interface Findings {
  readonly draft: PlanDraft;
  /** Missing if the job is stopped or gone. */
  readonly job: Job | undefined;
  /** All that is stored of the job. */
  readonly stored: readonly Allocation[];
  /** What a dry run shows. */
  readonly annotations: () => PlanAnnotations;
  readonly unplaced: ReadonlyMap<string, PlacementFailure>;
  readonly queued: ReadonlyMap<string, number>;
  readonly eligibility: Eligibility;
  /** A rolling update has more to do. */
  readonly limitReached: boolean;
  /** What is not placed waits as a blocked evaluation. */
  readonly mayBlock: boolean;
}

/** A plan that goes through all that there is to do, as far as one plan may; a dry run and one that is all or nothing may not be cut. */
export function draftFor(
  { view, evaluation, context }: Assignment,
  { job, stored }: Pick<Findings, "job" | "stored">,
): PlanDraft {
  const isWhole = evaluation.AnnotatePlan || job?.AllAtOnce === true;
  return new PlanDraft(view, stored, isWhole ? Number.POSITIVE_INFINITY : context.mostChanges);
}

/** The part that each kind of job decides in its own way. */
export type Decided = Omit<Findings, "draft" | "job" | "stored" | "mayBlock">;

/** Of a job that is stopped or gone nothing is to run: all that there is has to `stop`. */
export function nothingWanted(stop: readonly Allocation[]): Decided {
  return {
    annotations: () => annotations({ Stop: stop.map(({ TaskGroup }) => TaskGroup) }),
    unplaced: new Map(),
    queued: new Map(),
    eligibility: { classes: new Map(), escaped: false },
    limitReached: false,
  };
}

export function outcomeOf({ view, evaluation, context }: Assignment, findings: Findings): SchedulingOutcome {
  const { draft, job, stored, unplaced, queued, eligibility } = findings;
  const viewIndex = view.index;
  const mustBlock = findings.mayBlock && unplaced.size > 0 && evaluation.Status !== "blocked" && !draft.isPart;
  return {
    viewIndex,
    plan: draft.build(evaluation, {
      job,
      lastKnown: stored[0]?.Job ?? null,
      annotations: evaluation.AnnotatePlan ? withPreemptions(findings.annotations(), draft.preemptions) : null,
      viewIndex,
    }),
    isPart: draft.isPart,
    unplaced,
    queued,
    blocked: mustBlock ? blockedEvaluation(evaluation, { viewIndex, eligibility }, context) : undefined,
    rolling:
      findings.limitReached && job !== undefined
        ? rollingEvaluation(evaluation, job.Update.Stagger, context)
        : undefined,
    eligibility,
    refusal: undefined,
  };
}

/** How many placements each group waits for; groups that wait for none say so. */
export function queuedBy(job: Job, placements: readonly Placement[]): ReadonlyMap<string, number> {
  const queued = new Map(job.TaskGroups.map(({ Name }) => [Name, 0]));
  for (const { group } of placements) queued.set(group.Name, (queued.get(group.Name) ?? 0) + 1);
  return queued;
}
