import type { Placement } from "../placement.ts";
import type { PlanDraft, Stop } from "../plan-draft.ts";
import type { Wanted } from "./classify.ts";

/** Stops allocations that are still wanted, and says what is to be placed instead. */
export function replacing(draft: PlanDraft, wanted: readonly Wanted[], reason: Stop): readonly Placement[] {
  return wanted.map(({ allocation, group }) => {
    draft.stop(allocation, reason);
    return { name: allocation.Name, group, replaces: allocation.ID };
  });
}
