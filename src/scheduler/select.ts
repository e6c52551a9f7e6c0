import type { AllocationID, AllocMetric, Job, PlacementFailure, TaskGroup } from "../model/index.ts";
import type { ClassVerdicts } from "./feasibility/class-verdicts.ts";
import { type Check, firstReason, type Prospect } from "./feasibility/prospect.ts";
import type { SchedulingContext } from "./outcome.ts";
import type { PlanDraft } from "./plan-draft.ts";
import { type Option, type Packer, type Packing, pack } from "./ranking/bin-pack.ts";
import type { Ranking } from "./ranking/rankings.ts";
import type { Scorer } from "./ranking/scorer.ts";
import { SearchNotes } from "./search-notes.ts";

/** What all searches of one attempt share. */
export interface Search {
  readonly job: Job;
  readonly draft: PlanDraft;
  readonly verdicts: ClassVerdicts;
  /** Checks for a group that depend on what else nodes would run, but for the allocation `except`. */
  readonly checks: (group: TaskGroup, except?: AllocationID) => readonly Check<Prospect>[];
  readonly packer: Packer;
  readonly ranking: (group: TaskGroup, except?: AllocationID) => Ranking;
  readonly context: SchedulingContext;
  /** How a group would have room on a node; if absent, as the node is. */
  readonly roomOn?: (prospect: Prospect, group: TaskGroup) => Packing;
}

/** Where to search. */
export interface SearchRange {
  readonly nodes: Iterable<Prospect>;
  /** Nodes with room that are compared, unless the group is worth comparing more. */
  readonly limit: number;
  /** The nodes that are there, for the metrics. */
  readonly available: AllocMetric["NodesAvailable"];
  /** An allocation that is searched a place for already has this id, and makes room for itself. */
  readonly except?: AllocationID;
}

export type Selection =
  | { readonly option: Option; readonly metrics: AllocMetric }
  | { readonly option: undefined; readonly metrics: PlacementFailure };

/**
 * The best of the first few nodes that can run one instance of `group`. Read from top to bottom it is the order in
 * which a node is judged; a node that is not asked for is not looked at.
 */
export function select(search: Search, group: TaskGroup, range: SearchRange): Selection {
  const { context, verdicts } = search;
  const started = context.elapsed?.() ?? 0;
  const notes = new SearchNotes();
  const whyNot = verdicts.check(group);
  const checks = search.checks(group, range.except);
  const roomOn = search.roomOn ?? ((prospect) => pack(prospect, group, search.packer, context.random));
  const { scorers, candidates } = search.ranking(group, range.except);
  let left = Math.max(range.limit, candidates);
  let best: Option | undefined;
  for (const prospect of range.nodes) {
    const { node } = prospect;
    notes.evaluated();
    const incapable = whyNot(node);
    if (incapable !== undefined) {
      notes.filtered(node, incapable, verdicts.cause(group, node, incapable));
      continue;
    }
    const taken = firstReason(prospect, checks);
    if (taken !== undefined) {
      notes.filtered(node, taken);
      continue;
    }
    const room = roomOn(prospect, group);
    if (!room.fits) {
      notes.exhausted(node, room.dimension, room.room);
      continue;
    }
    const { proposed } = prospect;
    const { taskResources, score, preempted } = room;
    const option = { node, proposed, taskResources, score, preempted };
    option.score = scoreOf(option, scorers, notes);
    if (best === undefined || option.score > best.score) best = option;
    if (--left === 0) break;
  }
  const time = (context.elapsed?.() ?? 0) - started;
  const parts = { nodesAvailable: range.available, time };
  return best === undefined
    ? { option: best, metrics: notes.failure(parts) }
    : { option: best, metrics: notes.metric(parts) };
}

/** The score of the option with what all scorers add, in their order. */
function scoreOf(option: Option, scorers: readonly Scorer[], notes: SearchNotes): number {
  const { node } = option;
  notes.scored(node, "binpack", option.score);
  let { score } = option;
  for (const scorer of scorers) {
    const more = scorer.score(option);
    if (more === undefined) continue;
    notes.scored(node, scorer.name, more);
    score += more;
  }
  return score;
}
