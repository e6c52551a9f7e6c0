import { dictionary } from "../base/index.ts";
import type { Evaluation } from "../model/index.ts";
import type { Eligibility, SchedulingContext, SchedulingOutcome } from "./outcome.ts";

/** Waits until nodes of a class that may help have room, to place what could not be placed. */
export function blockedEvaluation(
  evaluation: Evaluation,
  found: Pick<SchedulingOutcome, "eligibility" | "viewIndex">,
  context: SchedulingContext,
): Evaluation {
  return {
    ...followUp(evaluation, context),
    Status: "blocked",
    StatusDescription: "created to place remaining allocations",
    ...eligibilityFields(found.eligibility),
    SnapshotIndex: found.viewIndex,
  };
}

/** Waits like a blocked evaluation, after too many plans were refused; it is also tried again by the clock. */
export function retryEvaluation(
  evaluation: Evaluation,
  found: Pick<SchedulingOutcome, "eligibility" | "viewIndex">,
  context: SchedulingContext,
): Evaluation {
  return {
    ...blockedEvaluation(evaluation, found, context),
    TriggeredBy: "max-plan-attempts",
    StatusDescription: "created due to placement conflicts",
  };
}

/** Goes on with a rolling update when `stagger` (nanoseconds) is over. */
export function rollingEvaluation(evaluation: Evaluation, stagger: number, context: SchedulingContext): Evaluation {
  return { ...followUp(evaluation, context), TriggeredBy: "rolling-update", Status: "pending", Wait: stagger };
}

function followUp(evaluation: Evaluation, { now, random }: SchedulingContext): Evaluation {
  return {
    ID: random.uuid(),
    Namespace: evaluation.Namespace,
    Priority: evaluation.Priority,
    Type: evaluation.Type,
    TriggeredBy: evaluation.TriggeredBy,
    JobID: evaluation.JobID,
    JobModifyIndex: evaluation.JobModifyIndex,
    NodeID: "",
    NodeModifyIndex: 0,
    DeploymentID: "",
    Status: "",
    StatusDescription: "",
    Wait: 0,
    WaitUntil: null,
    NextEval: "",
    PreviousEval: evaluation.ID,
    BlockedEval: "",
    FailedTGAllocs: dictionary(),
    ClassEligibility: dictionary(),
    EscapedComputedClass: false,
    QuotaLimitReached: "",
    AnnotatePlan: false,
    QueuedAllocations: dictionary(),
    SnapshotIndex: 0,
    CreateIndex: 0,
    ModifyIndex: 0,
    CreateTime: now,
    ModifyTime: now,
  };
}

/** How an evaluation says which classes of nodes can help it; none at all if classes say nothing. */
export function eligibilityFields({ classes, escaped }: Eligibility) {
  return { ClassEligibility: escaped ? dictionary<boolean>() : dictionary(classes), EscapedComputedClass: escaped };
}
