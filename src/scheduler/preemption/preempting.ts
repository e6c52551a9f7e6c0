import { preemptionEnabled, type SchedulerConfiguration, type TaskGroup } from "../../model/index.ts";
import type { Prospect } from "../feasibility/prospect.ts";
import { type Option, pack } from "../ranking/bin-pack.ts";
import type { Finding, Search } from "../select.ts";
import { type Asking, makeRoom } from "./make-room.ts";
import { preemption } from "./net-priority.ts";

/** So many nodes are compared, if there are: it is cheaper to look at more than to stop what matters. */
const leastCandidates = 20;

/** The search that takes nodes on which room can be made, for when none has room; undefined if that is not allowed. */
export function preempting(search: Search, configuration: SchedulerConfiguration): Search | undefined {
  if (!preemptionEnabled(configuration, search.job.Type)) return undefined;
  return {
    ...search,
    findRoom: (prospects, group, finding) => madeRoom(prospects, group, { ...finding, search }),
    ranking: (group, except) => {
      const ranking = search.ranking(group, except);
      const candidates = Math.max(ranking.candidates, leastCandidates);
      return { scorers: [...ranking.scorers, preemption], candidates };
    },
  };
}

/** The nodes on which room can be made for the group, each with its score. */
function* madeRoom(
  prospects: Iterable<Prospect>,
  group: TaskGroup,
  { packer, random, notes, search }: Finding & { readonly search: Search },
): Iterable<Option> {
  const { job, draft } = search;
  const asking: Asking = {
    job,
    group,
    pack: (on) => pack(on, group, packer, random),
    stoppedAlike: (allocation) => draft.preemptedAlike(allocation),
  };
  for (const prospect of prospects) {
    const { node } = prospect;
    const made = makeRoom(prospect, asking);
    if (!made.fits) {
      notes.exhausted(node, made.dimension, made.room);
      continue;
    }
    const { preempted, staying, taskResources, score } = made;
    notes.scored(node, "binpack", score);
    yield { node, proposed: staying, preempted, taskResources, score };
  }
}
