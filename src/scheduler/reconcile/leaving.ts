import { type Allocation, isUnhurried, type Job, paceOf, type TaskGroup } from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import type { Wanted } from "./classify.ts";

/**
 * Of what is to leave draining nodes, what leaves them now: what is left on a node past its deadline, and of the others as
 * many of each group as its pace allows. The rest stays as it is, and has another evaluation when its time has come.
 */
export function leavingNow(
  migrate: readonly Wanted[],
  situation: {
    readonly view: StateView;
    readonly job: Job | undefined;
    /** All allocations of the job. */
    readonly stored: readonly Allocation[];
    readonly at: number;
  },
): readonly Wanted[] {
  const { view, job, stored, at } = situation;
  const left = new Map<TaskGroup, number>();
  return migrate.filter(({ allocation, group }) => {
    const node = view.nodes.get(allocation.NodeID.toLowerCase());
    if (job === undefined || node === undefined || !isUnhurried(node, at)) return true;
    const may = left.get(group) ?? paceOf(job, group, stored, at).most;
    left.set(group, may - 1);
    return may > 0;
  });
}
