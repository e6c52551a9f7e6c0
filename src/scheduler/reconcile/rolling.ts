import type { Job } from "../../model/index.ts";
import type { PlanDraft } from "../plan-draft.ts";
import type { Wanted } from "./classify.ts";

/** What has to be replaced, by reason. */
export interface Replacements {
  readonly migrate: readonly Wanted[];
  readonly update: readonly Wanted[];
  readonly lost: readonly Wanted[];
}

/** True if the job's allocations are replaced so many at a time. */
export function isRolling({ Update }: Job): boolean {
  return Update.MaxParallel > 0 && Update.Stagger > 0;
}

/**
 * What may be replaced now: `MaxParallel` allocations in all if the job has a rolling update, draining nodes first, dead
 * ones last; else everything. `limitReached` says that the rest has to wait for its turn. An evaluation has one turn: a
 * plan that is a part takes none of a rolling update.
 */
export function takeTurn(
  job: Job,
  due: Replacements,
  draft: PlanDraft,
): { readonly taken: Replacements; readonly limitReached: boolean } {
  if (!isRolling(job)) return { taken: due, limitReached: false };
  if (draft.isPart) return { taken: { migrate: [], update: [], lost: [] }, limitReached: false };
  const limit = Math.min(job.Update.MaxParallel, Math.max(1, draft.room));
  const migrate = due.migrate.slice(0, limit);
  const update = due.update.slice(0, limit - migrate.length);
  const lost = due.lost.slice(0, limit - migrate.length - update.length);
  const limitReached = due.migrate.length + due.update.length + due.lost.length > limit;
  return { taken: { migrate, update, lost }, limitReached };
}
