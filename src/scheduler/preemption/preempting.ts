import { preemptionEnabled, type SchedulerConfiguration } from "../../model/index.ts";
import { pack } from "../ranking/bin-pack.ts";
import type { Search } from "../select.ts";
import { makeRoom } from "./make-room.ts";
import { preemption } from "./net-priority.ts";

/** So many nodes are compared, if there are: it is cheaper to look at more than to stop what matters. */
const leastCandidates = 20;

/** The search that takes nodes on which room can be made, for when none has room; undefined if that is not allowed. */
export function preempting(search: Search, configuration: SchedulerConfiguration): Search | undefined {
  const { job, draft, packer, context } = search;
  if (!preemptionEnabled(configuration, job.Type)) return undefined;
  return {
    ...search,
    roomOn: (prospect, group) =>
      makeRoom(prospect, {
        job,
        group,
        pack: (on) => pack(on, group, packer, context.random),
        stoppedAlike: (allocation) => draft.preemptedAlike(allocation),
      }),
    ranking: (group, except) => {
      const ranking = search.ranking(group, except);
      const candidates = Math.max(ranking.candidates, leastCandidates);
      return { scorers: [...ranking.scorers, preemption], candidates };
    },
  };
}
