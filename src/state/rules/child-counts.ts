import type { Job } from "../../model/index.ts";
import { jobKey, type Transaction } from "../view.ts";

type Bin = "Pending" | "Running" | "Dead";
const bins: ReadonlyMap<string | undefined, Bin> = new Map([
  ["pending", "Pending"],
  ["running", "Running"],
  ["dead", "Dead"],
]);

/**
 * Moves a child job from one bin of its parent's summary to another; `from` is absent for a new child.
 * Nothing happens without a parent.
 */
export function countChild(
  write: Transaction,
  child: Pick<Job, "Namespace" | "ParentID">,
  move: { readonly from?: string; readonly to: string },
): void {
  if (child.ParentID === "" || move.from === move.to) return;
  const summary = write.jobSummaries.get(jobKey(child.Namespace, child.ParentID));
  if (summary === undefined) return;
  const children = { ...summary.Children };
  const from = bins.get(move.from);
  const to = bins.get(move.to);
  if (from !== undefined) children[from] = Math.max(0, children[from] - 1);
  if (to !== undefined) children[to] += 1;
  write.put("jobSummaries", { ...summary, Children: children, ModifyIndex: write.index });
}
