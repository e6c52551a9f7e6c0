import type { Steps } from "../../base/index.ts";
import { type Remedy, remedy, type TaskGroup } from "../../model/index.ts";
import { type GroupStanding, gain, type Standing } from "./standing.ts";
import type { Trials } from "./trials.ts";

/** A group for which there is no place, as it is now. */
export interface Stuck {
  readonly trials: Trials;
  readonly group: TaskGroup;
  readonly before: Standing;
  readonly failure: NonNullable<GroupStanding["failure"]>;
}

/** Whether some node lacked it first. Of a system job, which is tried node by node, metrics know the first node alone. */
export function hasRunOut({ failure }: Stuck, dimension: string): boolean {
  const isKnown = (failure.DimensionExhausted[dimension] ?? 0) > 0;
  return isKnown || failure.Refusals.some(({ Dimension }) => Dimension === dimension);
}

const blank = remedy.parse({});

/** The remedy if it helped, and by how much. */
export function* helping(
  { group, before }: Stuck,
  trial: Steps<Standing | undefined>,
  described: Partial<Remedy>,
): Steps<Remedy | undefined> {
  const after = yield* trial;
  const Places = after === undefined ? 0 : gain(group.Name, before, after);
  return Places > 0 ? { ...blank, ...described, Places } : undefined;
}
