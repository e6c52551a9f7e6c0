import { isTerminalAllocation } from "../model/index.ts";
import type { Change } from "../state/index.ts";

const descriptions: ReadonlyMap<string, string> = new Map([
  ["alloc is being migrated", "migrate an allocation"],
  ["alloc is being updated due to job update", "replace an allocation by an update"],
  ["alloc not needed due to job update", "stop an allocation"],
  ["alloc is lost since its node is down", "lose an allocation"],
]);

/** What schedulers do with allocations that are there, by the names under which it is counted. */
export const moves: readonly string[] = [...descriptions.values(), "update an allocation in place"];

/** What a change has done to an allocation that ran; undefined if it has to do with none. */
export function moveOf(change: Change): string | undefined {
  if (change.table !== "allocations" || change.before === undefined || change.after === undefined) return undefined;
  const { before, after } = change;
  if (isTerminalAllocation(before)) return undefined;
  if (after.DesiredStatus === "stop") return descriptions.get(after.DesiredDescription);
  const isNewer = (after.Job?.JobModifyIndex ?? 0) > (before.Job?.JobModifyIndex ?? 0);
  return isNewer ? "update an allocation in place" : undefined;
}
