import { dictionary } from "../base/index.ts";
import { allocationStubOf, type DesiredUpdates, type PlanAnnotations } from "../model/index.ts";
import type { Preemption } from "./plan-draft.ts";

type Update = "Place" | "Stop" | "Ignore" | "Migrate" | "InPlaceUpdate" | "DestructiveUpdate";

const nothing: DesiredUpdates = {
  Ignore: 0,
  Place: 0,
  Migrate: 0,
  Stop: 0,
  InPlaceUpdate: 0,
  DestructiveUpdate: 0,
  Canary: 0,
  Preemptions: 0,
};

/** What a plan would do in numbers, by group; a group that nothing is said of is left out. */
export function annotations(groups: Readonly<Partial<Record<Update, readonly string[]>>>): PlanAnnotations {
  const counts = dictionary<DesiredUpdates>();
  for (const [update, names] of Object.entries(groups) as [Update, readonly string[]][]) {
    for (const name of names) {
      const known = counts[name] ?? nothing;
      counts[name] = { ...known, [update]: known[update] + 1 };
    }
  }
  return { DesiredTGUpdates: counts, PreemptedAllocs: [] };
}

/** The same, with what is stopped to make room: the groups that it is stopped for are told how many. */
export function withPreemptions(
  { DesiredTGUpdates }: PlanAnnotations,
  preemptions: readonly Preemption[],
): PlanAnnotations {
  const counts = dictionary<DesiredUpdates>(Object.entries(DesiredTGUpdates));
  for (const { by } of preemptions) {
    const known = counts[by.TaskGroup] ?? nothing;
    counts[by.TaskGroup] = { ...known, Preemptions: known.Preemptions + 1 };
  }
  return {
    DesiredTGUpdates: counts,
    PreemptedAllocs: preemptions.map(({ allocation }) => allocationStubOf(allocation)),
  };
}
