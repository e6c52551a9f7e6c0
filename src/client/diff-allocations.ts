import type { AllocationID, LogIndex } from "../model/index.ts";

/** What separates the allocations a node has from those it should have. */
export interface AllocationDifference {
  /** Listed, and unknown or changed by the servers since: to be fetched. */
  readonly pull: readonly AllocationID[];
  /** Here, but the servers know them no more. */
  readonly remove: readonly AllocationID[];
  /** Here as the servers want them. */
  readonly unchanged: readonly AllocationID[];
}

/** Both maps give each allocation the index of its last change by the servers. */
export function diffAllocations(
  desired: Readonly<Record<AllocationID, LogIndex>>,
  existing: ReadonlyMap<AllocationID, LogIndex>,
): AllocationDifference {
  const listed = Object.keys(desired);
  const isCurrent = (id: AllocationID) => (existing.get(id) ?? -1) >= (desired[id] as LogIndex);
  return {
    pull: listed.filter((id) => !isCurrent(id)),
    remove: [...existing.keys()].filter((id) => !Object.hasOwn(desired, id)),
    unchanged: listed.filter(isCurrent),
  };
}
