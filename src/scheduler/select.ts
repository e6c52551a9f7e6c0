import type { Random } from "../base/index.ts";
import type { AllocationID, AllocMetric, Job, Node, PlacementFailure, TaskGroup } from "../model/index.ts";
import type { ClassVerdicts } from "./feasibility/class-verdicts.ts";
import { type Check, type Prospect, passing } from "./feasibility/prospect.ts";
import type { SchedulingContext } from "./outcome.ts";
import type { PlanDraft } from "./plan-draft.ts";
import { type Option, type Packer, packed } from "./ranking/bin-pack.ts";
import type { Ranking } from "./ranking/rankings.ts";
import { first, highest, scored } from "./ranking/scored.ts";
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
  /** Which nodes have room for a group; if absent, those that have it as they are. */
  readonly findRoom?: (prospects: Iterable<Prospect>, group: TaskGroup, finding: Finding) => Iterable<Option>;
}

/** What room is found with. */
export interface Finding {
  readonly packer: Packer;
  readonly random: Random;
  readonly notes: SearchNotes;
}

/** Where to search. */
export interface SearchRange {
  readonly nodes: Iterable<Node>;
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
  const { context } = search;
  const started = context.elapsed?.() ?? 0;
  const notes = new SearchNotes();
  const seen = noted(range.nodes, notes);
  const capable = passing(seen, [search.verdicts.check(group)], (node, reason) =>
    notes.filtered(node, reason, search.verdicts.cause(group, node, reason)),
  );
  const prospects = prospectsOf(capable, search.draft, range.except);
  const free = passing(prospects, search.checks(group, range.except), ({ node }, reason) =>
    notes.filtered(node, reason),
  );
  const fitting = (search.findRoom ?? packed)(free, group, { packer: search.packer, random: context.random, notes });
  const { scorers, candidates } = search.ranking(group, range.except);
  const option = highest(first(scored(fitting, scorers, notes), Math.max(range.limit, candidates)));
  const time = (context.elapsed?.() ?? 0) - started;
  const parts = { nodesAvailable: range.available, time };
  return option === undefined ? { option, metrics: notes.failure(parts) } : { option, metrics: notes.metric(parts) };
}

function* noted(nodes: Iterable<Node>, notes: SearchNotes): Iterable<Node> {
  for (const node of nodes) {
    notes.evaluated();
    yield node;
  }
}

function* prospectsOf(nodes: Iterable<Node>, draft: PlanDraft, except?: AllocationID): Iterable<Prospect> {
  for (const node of nodes) yield { node, proposed: draft.proposedOn(node.ID, except) };
}
