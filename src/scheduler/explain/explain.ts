/**
 * Why something of a job does not run, in words, and what would help. The scheduler is asked what it would do now; for what
 * it finds no place for, changes are thought of and tried, one at a time (`remedies.ts`).
 */
import type { Instant, Steps } from "../../base/index.ts";
import {
  type Allocation,
  type Evaluation,
  type ExplainedGroup,
  type Explanation,
  type Job,
  placementFailure,
  type Remark,
  type TaskGroup,
} from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import { evaluationRemarks, nodeRemarks, notPlacedAtAll } from "./circumstances.ts";
import { headline } from "./headline.ts";
import { reasonsFor } from "./reasons.ts";
import { remediesFor } from "./remedies.ts";
import { byGroup, type GroupStanding, type Standing } from "./standing.ts";
import { Trials } from "./trials.ts";
import { troubles } from "./troubles.ts";
import { lasting, shortID } from "./words.ts";

/** What is to be explained: a job, perhaps by one of its evaluations. */
export interface Question {
  readonly namespace: string;
  readonly jobID: string;
  readonly evaluation?: Evaluation;
}

/** In steps of some milliseconds at most on nodes in their thousands; whoever takes them may do something else in between. */
export function* explainInSteps(view: StateView, question: Question, now: Instant): Steps<Explanation> {
  const job = view.jobs.get(jobKey(question.namespace, question.jobID));
  const asked = askedAbout(view, question, job, now);
  if (job === undefined) {
    return { ...asked, Runs: true, Summary: `Job "${question.jobID}" is gone: nothing of it is to run` };
  }
  const reason = notPlacedAtAll(job, view, now);
  if (reason !== undefined) {
    return { ...asked, Runs: true, Summary: headline(job, []), Remarks: [reason, ...asked.Remarks] };
  }
  return yield* explainPlacement(view, job, asked, now);
}

/** What can be said before the job is looked at. */
function askedAbout(
  view: StateView,
  { namespace, jobID, evaluation }: Question,
  job: Job | undefined,
  now: Instant,
): Explanation {
  const about = { JobID: job?.ID ?? jobID, Namespace: namespace, EvalID: evaluation?.ID ?? "" };
  const nothing = { Runs: false, Summary: "", Remarks: [], Earlier: [], Groups: [], Tries: 0, IsCut: false };
  if (evaluation === undefined) return { ...about, ...nothing };
  const { ID, Status, StatusDescription, TriggeredBy, ModifyTime } = evaluation;
  const why = StatusDescription === "" ? "" : ` (${StatusDescription})`;
  const Text = `Evaluation ${shortID(ID)}, triggered by ${TriggeredBy}, has been ${Status} for ${lasting(ModifyTime, now)}${why}`;
  const Earlier = Object.entries(evaluation.FailedTGAllocs).map(([Group, failure]) => {
    const group = job?.TaskGroups.find(({ Name }) => Name === Group);
    // An evaluation that an older program wrote has no refusals.
    const refusals = failure.Refusals ?? [];
    const Reasons = group === undefined ? [] : reasonsFor(group, refusals, view);
    return { Group, NodesRefusing: failure.NodesEvaluated, Reasons };
  });
  return { ...about, ...nothing, Remarks: [{ Kind: "evaluation", Text }], Earlier };
}

function* explainPlacement(view: StateView, job: Job, asked: Explanation, now: Instant): Steps<Explanation> {
  const trials = new Trials(view, job, now);
  const { outcome, standing } = yield* trials.present();
  if (outcome.refusal !== undefined) {
    const Remarks: Remark[] = [
      ...asked.Remarks,
      { Kind: "refused", Text: `The scheduler refuses it: ${outcome.refusal}` },
    ];
    return { ...asked, Summary: `Job "${job.ID}" (${job.Type}) is not placed`, Remarks, Tries: trials.tries };
  }
  const key = jobKey(job.Namespace, job.ID);
  const stored = byGroup([...view.allocations.by("job", key)]);
  const Groups: ExplainedGroup[] = [];
  for (const group of job.TaskGroups) {
    yield;
    Groups.push(yield* explainGroup(group, { trials, standing, stored, now }));
  }
  const isNowhere = job.Type === "system" && Groups.some(({ Wanted }) => Wanted === 0);
  const Runs = !isNowhere && Groups.every(({ Wanted, Running, Ended }) => Wanted === Running + Ended);
  const isWanting = Groups.some(({ Placeable, Unplaced }) => Placeable + Unplaced > 0);
  const others = [...view.evaluations.by("job", key)].filter(({ ID }) => ID !== asked.EvalID);
  return {
    ...asked,
    Runs,
    Summary: headline(job, Groups),
    Remarks: [
      ...asked.Remarks,
      ...evaluationRemarks(others, now, { isWanting: isWanting && asked.EvalID === "" }),
      ...(isWanting || isNowhere ? nodeRemarks(job, view) : []),
    ],
    Groups,
    Tries: trials.tries,
    IsCut: trials.isCut,
  };
}

interface GroupParts {
  readonly trials: Trials;
  readonly standing: Standing;
  /** All that is stored of the job, by group. */
  readonly stored: ReadonlyMap<string, readonly Allocation[]>;
  readonly now: Instant;
}

function* explainGroup(group: TaskGroup, { trials, standing, stored, now }: GroupParts): Steps<ExplainedGroup> {
  const { view, job } = trials;
  const { present, there, unplaced, failure = noFailure } = standing.get(group.Name) as GroupStanding;
  const isStuck = unplaced > 0 || (job.Type === "system" && there === 0);
  return {
    Name: group.Name,
    Wanted: there + unplaced,
    ...clientCounts(present),
    Placeable: there - present.length,
    Unplaced: unplaced,
    NodesRefusing: failure.Refusals.reduce((sum, { Nodes }) => sum + Nodes, 0),
    Refusals: failure.Refusals,
    Reasons: reasonsFor(group, failure.Refusals, view),
    Remarks: troubles(stored.get(group.Name) ?? [], job, view, now),
    Remedies: isStuck ? yield* remediesFor({ trials, group, before: standing, failure }) : [],
  };
}

const noFailure = placementFailure.parse({});

/** What is neither running nor done is on its way. */
function clientCounts(allocations: readonly Allocation[]): Pick<ExplainedGroup, "Running" | "Starting" | "Ended"> {
  const having = (status: string) => allocations.filter(({ ClientStatus }) => ClientStatus === status).length;
  const [Running, Ended] = [having("running"), having("complete")];
  return { Running, Starting: allocations.length - Running - Ended, Ended };
}
