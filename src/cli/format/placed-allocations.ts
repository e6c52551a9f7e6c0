import type { AllocationListStub } from "../../model/index.ts";
import { shortID } from "./quantities.ts";
import { columns } from "./table.ts";
import { timestamp, type ZoneAt } from "./times.ts";

/** The allocations of a job, the newest first. */
export function placedAllocations(
  allocations: readonly AllocationListStub[],
  { verbose, zoneAt }: { readonly verbose: boolean; readonly zoneAt: ZoneAt },
): string {
  if (allocations.length === 0) return "No allocations placed";
  const id = (whole: string): string => shortID(whole, { whole: verbose });
  return columns([
    ["ID", "Eval ID", "Node ID", "Task Group", "Desired", "Status", "Created At"],
    ...newestFirst(allocations).map((allocation) => [
      id(allocation.ID),
      id(allocation.EvalID),
      id(allocation.NodeID),
      allocation.TaskGroup,
      allocation.DesiredStatus,
      allocation.ClientStatus,
      timestamp(allocation.CreateTime, zoneAt),
    ]),
  ]);
}

/** Rows by when they were made. */
export function newestFirst<Row extends { readonly CreateIndex: number }>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => b.CreateIndex - a.CreateIndex);
}
