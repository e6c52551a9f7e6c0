import type { Job } from "../../model/index.ts";
import type { Wanted } from "./classify.ts";

/** What has to be replaced, by reason. */
export interface Replacements {
  readonly migrate: readonly Wanted[];
  readonly update: readonly Wanted[];
  readonly lost: readonly Wanted[];
}

/**
 * What may be replaced now: `MaxParallel` allocations in all if the job has a rolling update, draining nodes first, dead
 * ones last; else everything. `limitReached` says that the rest has to wait for its turn.
 */
export function takeTurn(
  { Update }: Job,
  due: Replacements,
): { readonly taken: Replacements; readonly limitReached: boolean } {
  const isRolling = Update.MaxParallel > 0 && Update.Stagger > 0;
  const limit = isRolling ? Update.MaxParallel : Number.POSITIVE_INFINITY;
  const migrate = due.migrate.slice(0, limit);
  const update = due.update.slice(0, limit - migrate.length);
  const lost = due.lost.slice(0, limit - migrate.length - update.length);
  const limitReached = due.migrate.length + due.update.length + due.lost.length > limit;
  return { taken: { migrate, update, lost }, limitReached };
}
