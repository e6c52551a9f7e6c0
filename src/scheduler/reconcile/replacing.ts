import type { Placement } from "../placement.ts";
import type { PlanDraft, Stop } from "../plan-draft.ts";
import type { Wanted } from "./classify.ts";

/**
 * Stops allocations that are still wanted, and says what is to be placed instead: in the same plan, whatever room that has
 * left then.
 */
export function replacing(draft: PlanDraft, wanted: readonly Wanted[], reason: Stop): readonly Placement[] {
  const placements: Placement[] = [];
  for (const { allocation, group } of draft.whileRoom(wanted)) {
    draft.stop(allocation, reason);
    placements.push({ name: allocation.Name, group, replaces: allocation.ID });
  }
  return placements;
}
