import {
  type Allocation,
  type AllocationID,
  allowedCount,
  type Constraint,
  constraintText,
  distinctProperty,
  isTerminalAllocation,
  type Job,
  type TaskGroup,
  targetValue,
} from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import type { PlanDraft } from "../plan-draft.ts";
import type { Check, Prospect } from "./prospect.ts";

/**
 * Checks that nodes with the same value of a property together run no more allocations than `distinct_property` allows:
 * of the job if the job asks for it, of the group if the group does. A node without the property runs none. What the
 * plan stops does not count, nor does `except`, whose place is looked for anew.
 */
export type DistinctProperties = (group: TaskGroup, except?: AllocationID) => readonly Check<Prospect>[];

/** For one attempt at the job: counts go on from search to search, as `draft` does. */
export function onDistinctProperties(job: Job, view: StateView, draft: PlanDraft): DistinctProperties {
  const usesOf = (constraints: readonly Constraint[], group?: TaskGroup) =>
    constraints
      .filter(({ Operand }) => Operand === distinctProperty)
      .map((constraint) => new PropertyUse(constraint, { job, group, view, draft }));
  const ofJob = usesOf(job.Constraints);
  const asking = job.TaskGroups.filter((group) =>
    group.Constraints.some(({ Operand }) => Operand === distinctProperty),
  );
  const ofGroups = new Map(asking.map((group) => [group.Name, usesOf(group.Constraints, group)]));
  return (group, except) => [...ofJob, ...(ofGroups.get(group.Name) ?? [])].map((use) => use.check(except));
}

/** How many allocations have each value of the property that one constraint is about. */
class PropertyUse {
  readonly #constraint: Constraint;
  readonly #view: StateView;
  readonly #draft: PlanDraft;
  readonly #group: TaskGroup | undefined;
  readonly #valueOf = new Map<AllocationID, string>();
  readonly #counts = new Map<string, number>();
  /** Changes of the draft that are counted already. */
  #changesSeen = 0;

  /** Without a group, those of all groups count. */
  constructor(
    constraint: Constraint,
    parts: {
      readonly job: Job;
      readonly group: TaskGroup | undefined;
      readonly view: StateView;
      readonly draft: PlanDraft;
    },
  ) {
    const { job, group, view, draft } = parts;
    this.#constraint = constraint;
    this.#group = group;
    this.#view = view;
    this.#draft = draft;
    for (const allocation of view.allocations.by("job", jobKey(job.Namespace, job.ID))) this.#add(allocation);
  }

  check(except?: AllocationID): Check<Prospect> {
    this.#catchUp();
    const { LTarget, RTarget } = this.#constraint;
    const allowed = allowedCount(RTarget) ?? 0;
    const reason = constraintText({ ...this.#constraint, RTarget: RTarget || `${allowed}` });
    const spared = except === undefined ? undefined : this.#valueOf.get(except);
    return ({ node }) => {
      const value = targetValue(LTarget, node);
      if (value === undefined) return reason;
      const used = (this.#counts.get(value) ?? 0) - (value === spared ? 1 : 0);
      return used < allowed ? undefined : reason;
    };
  }

  #catchUp(): void {
    for (const { kind, allocation } of this.#draft.changes.slice(this.#changesSeen)) {
      this.#remove(allocation.ID);
      if (kind === "placed") this.#add(allocation);
    }
    this.#changesSeen = this.#draft.changes.length;
  }

  #add(allocation: Allocation): void {
    if (isTerminalAllocation(allocation)) return;
    if (this.#group !== undefined && allocation.TaskGroup !== this.#group.Name) return;
    const node = this.#view.nodes.get(allocation.NodeID.toLowerCase());
    const value = node && targetValue(this.#constraint.LTarget, node);
    if (value === undefined) return;
    this.#valueOf.set(allocation.ID, value);
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }

  #remove(id: AllocationID): void {
    const value = this.#valueOf.get(id);
    if (value === undefined) return;
    this.#valueOf.delete(id);
    this.#counts.set(value, (this.#counts.get(value) ?? 0) - 1);
  }
}
