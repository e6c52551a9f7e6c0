import { type Allocation, isTerminalAllocation, type Job, type NodeID, type TaskGroup } from "../../model/index.ts";
import type { Placement } from "../placement.ts";
import { ranSuccessfully } from "./considered.ts";
import type { Taint } from "./taints.ts";

/** An allocation that is wanted, and its group as the job has it now. */
export interface Wanted {
  readonly allocation: Allocation;
  readonly group: TaskGroup;
}

/** What is to become of each allocation of a job; `place` is what is missing. */
export interface Sets {
  readonly place: readonly Placement[];
  readonly stop: readonly Allocation[];
  readonly migrate: readonly Wanted[];
  readonly lost: readonly Wanted[];
  readonly update: readonly Wanted[];
  readonly ignore: readonly Wanted[];
}

export interface Situation {
  readonly job: Job | undefined;
  readonly names: ReadonlyMap<string, TaskGroup>;
  readonly taints: ReadonlyMap<NodeID, Taint>;
}

/** Sorts the allocations of a job by what has to be done, in the order in which the reasons count. */
export function classify(allocations: readonly Allocation[], situation: Situation): Sets {
  const sorted = { stop: [] as Allocation[], migrate: [], lost: [], update: [], ignore: [] } as {
    stop: Allocation[];
  } & Record<Verdict, Wanted[]>;
  const present = new Set<string>();
  for (const allocation of allocations) {
    const group = situation.names.get(allocation.Name);
    present.add(allocation.Name);
    // What is done may count as there, and then not be wanted any more: it is over all the same.
    if (group === undefined && isTerminalAllocation(allocation)) continue;
    if (group === undefined) sorted.stop.push(allocation);
    else sorted[verdict(allocation, situation)].push({ allocation, group });
  }
  return { ...sorted, place: missing(situation.names, present) };
}

type Verdict = "migrate" | "lost" | "update" | "ignore";

function verdict(allocation: Allocation, { job, taints }: Situation): Verdict {
  const taint = taints.get(allocation.NodeID);
  if (taint !== undefined && job?.Type === "batch" && ranSuccessfully(allocation)) return "ignore";
  if (taint === "gone") return "lost";
  if (taint === "draining") return "migrate";
  return allocation.Job?.JobModifyIndex === job?.JobModifyIndex ? "ignore" : "update";
}

function missing(names: ReadonlyMap<string, TaskGroup>, present: ReadonlySet<string>): readonly Placement[] {
  return [...names].filter(([name]) => !present.has(name)).map(([name, group]) => ({ name, group, replaces: "" }));
}
