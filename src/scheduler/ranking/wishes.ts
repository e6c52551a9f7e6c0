import type { Affinity, Job, Spread, TaskGroup } from "../../model/index.ts";

/** What a group wishes of its nodes: its own affinities and spreads, those of its job and those of its tasks. */
export interface Wishes {
  readonly affinities: readonly Affinity[];
  readonly spreads: readonly Spread[];
}

/** Without those that weigh nothing: such jobs are refused today, but may have been registered before. */
export function wishesOf(job: Job, group: TaskGroup): Wishes {
  const affinities = [...job.Affinities, ...group.Affinities, ...group.Tasks.flatMap((task) => task.Affinities)];
  return {
    affinities: affinities.filter(({ Weight }) => Weight !== 0),
    spreads: [...job.Spreads, ...group.Spreads].filter(({ Weight }) => Weight > 0),
  };
}

export function hasWishes({ affinities, spreads }: Wishes): boolean {
  return affinities.length > 0 || spreads.length > 0;
}
