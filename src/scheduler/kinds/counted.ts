import type { Steps } from "../../base/index.ts";
import type { Allocation, Job } from "../../model/index.ts";
import { jobKey, schedulerConfigurationIn } from "../../state/index.ts";
import { annotations } from "../annotations.ts";
import { ClassVerdicts } from "../feasibility/class-verdicts.ts";
import { onDistinctHosts } from "../feasibility/distinct-hosts.ts";
import { onDistinctProperties } from "../feasibility/distinct-property.ts";
import { DraftedNode } from "../feasibility/prospect.ts";
import { type Assignment, type Decided, draftFor, nothingWanted, outcomeOf, queuedBy } from "../findings.ts";
import { NodeRing } from "../node-ring.ts";
import type { SchedulingOutcome } from "../outcome.ts";
import { newAllocation, type Placement } from "../placement.ts";
import type { PlanDraft } from "../plan-draft.ts";
import { Places } from "../preemption/places.ts";
import { preempting } from "../preemption/preempting.ts";
import { packerFor } from "../ranking/bin-pack.ts";
import { rankings } from "../ranking/rankings.ts";
import { readyNodes } from "../ready-nodes.ts";
import { classify, type Sets, type Wanted } from "../reconcile/classify.ts";
import { updateInPlace } from "../reconcile/in-place.ts";
import { leavingNow } from "../reconcile/leaving.ts";
import { replacing } from "../reconcile/replacing.ts";
import { isRolling, takeTurn } from "../reconcile/rolling.ts";
import { stops, stopUnwanted } from "../reconcile/stops.ts";
import { lostWhileStopping, taintsOf } from "../reconcile/taints.ts";
import { wantedJob, wantedNames } from "../reconcile/wanted.ts";
import type { Search } from "../select.ts";
import { Unplaced } from "../unplaced.ts";

/** How jobs that want a number of allocations, wherever, differ from each other. */
export interface CountedKind {
  /** The allocations that count as there; the others are history. */
  readonly considered: (allocations: readonly Allocation[]) => readonly Allocation[];
  /** How many nodes with room are compared for one allocation, of so many nodes. */
  readonly candidates: (nodeCount: number) => number;
  /** What each allocation of the same job on a node takes off the node's score. */
  readonly antiAffinity: number;
}

/** Brings a job to the number of allocations it wants: stops, updates and places what differs from that. */
export function* scheduleCounted(assignment: Assignment, kind: CountedKind): Steps<SchedulingOutcome> {
  const { view, evaluation } = assignment;
  const job = wantedJob(view, evaluation);
  const stored = [...view.allocations.by("job", jobKey(evaluation.Namespace, evaluation.JobID))];
  const taints = taintsOf(view, stored);
  const draft = draftFor(assignment, { job, stored });
  for (const allocation of draft.whileRoom(lostWhileStopping(stored, taints))) draft.stop(allocation, stops.lost);
  const sorted = classify(kind.considered(stored), { job, names: wantedNames(job), taints });
  const sets = { ...sorted, migrate: leavingNow(sorted.migrate, { view, job, stored, at: assignment.context.now }) };
  for (const allocation of draft.whileRoom(sets.stop)) {
    draft.stop(allocation, stopUnwanted(allocation, taints.get(allocation.NodeID)));
  }
  yield;
  const decided = job === undefined ? nothingWanted(sets.stop) : yield* bringUp(assignment, { job, kind, sets, draft });
  return outcomeOf(assignment, { ...decided, draft, job, stored, mayBlock: true });
}

function* bringUp(
  assignment: Assignment,
  {
    job,
    kind,
    sets,
    draft,
  }: { readonly job: Job; readonly kind: CountedKind; readonly sets: Sets; readonly draft: PlanDraft },
): Steps<Decided> {
  const verdicts = new ClassVerdicts(job);
  const distinctProperties = onDistinctProperties(job, assignment.view, draft);
  const search: Search = {
    job,
    draft,
    verdicts,
    checks: (group, except) => [...onDistinctHosts(job, group), ...distinctProperties(group, except)],
    packer: packerFor(schedulerConfigurationIn(assignment.view)),
    ranking: rankings(job, kind.antiAffinity, {
      open: (group) => {
        const whyNot = verdicts.check(group);
        return readyNodes(assignment.view, job.Datacenters).nodes.filter((node) => whyNot(node) === undefined);
      },
      taken: (group, except) => draft.nodesOf(group, except),
    }),
    context: assignment.context,
  };
  const updates = yield* updateInPlace(sets.update, search, assignment);
  const missing = [...sets.place, ...updates.unreplaced.map(successor)];
  const unplaced = new Unplaced();
  // A turn of a rolling update is taken when nothing else is left for another plan, which would take one more.
  const isCrowded = isRolling(job) && missing.length + job.Update.MaxParallel > draft.room;
  if (isCrowded) yield* placeAll(missing, unplaced, search, assignment, kind);
  const turn = takeTurn(job, { migrate: sets.migrate, update: updates.destructive, lost: sets.lost }, draft);
  const replacements = [
    ...replacing(draft, turn.taken.migrate, stops.migrating),
    ...replacing(draft, turn.taken.update, stops.updating),
    ...replacing(draft, turn.taken.lost, stops.lost),
  ];
  const placements = [...(isCrowded ? [] : missing), ...replacements];
  yield* placeAll(placements, unplaced, search, assignment, kind);
  return {
    annotations: () =>
      annotations({
        Place: missing.map(({ group }) => group.Name),
        Stop: sets.stop.map(({ TaskGroup }) => TaskGroup),
        Ignore: sets.ignore.map(({ group }) => group.Name),
        Migrate: sets.migrate.map(({ group }) => group.Name),
        InPlaceUpdate: updates.inPlace.map(({ group }) => group.Name),
        DestructiveUpdate: updates.destructive.map(({ group }) => group.Name),
      }),
    unplaced: unplaced.metrics,
    queued: queuedBy(job, [...missing, ...replacements]),
    eligibility: search.verdicts.eligibility(
      unplaced.metrics.size > 0 ? unplaced.metrics.keys() : job.TaskGroups.map((group) => group.Name),
    ),
    limitReached: turn.limitReached,
  };
}

function successor({ allocation, group }: Wanted): Placement {
  return { name: allocation.Name, group, replaces: "" };
}

/**
 * Places what it can, and says in `unplaced` why the rest has no place. A group that failed once is not tried again. What
 * comes in the place of something that is stopped is placed with it, whatever room is left in the plan.
 */
function* placeAll(
  placements: readonly Placement[],
  unplaced: Unplaced,
  search: Search,
  { view, evaluation, context }: Assignment,
  kind: CountedKind,
): Steps<void> {
  if (placements.length === 0) return;
  const { nodes, byDatacenter } = readyNodes(view, search.job.Datacenters);
  const ring = new NodeRing(nodes, context.random, (node) => new DraftedNode(node, search.draft));
  const limit = kind.candidates(nodes.length);
  const places = new Places(search, preempting(search, schedulerConfigurationIn(view)));
  for (const placement of placements) {
    yield;
    if (placement.replaces === "" && !search.draft.takesMore()) continue;
    if (unplaced.countAgain(placement.group)) continue;
    const range = { nodes: ring.turn(), limit, available: byDatacenter };
    const { option, metrics } = places.find(placement.group, range);
    if (option === undefined) unplaced.add(placement.group, metrics);
    else {
      const allocation = newAllocation({ evaluation, job: search.job, placement, option, metrics }, context);
      search.draft.place(allocation, option.preempted);
    }
  }
}
