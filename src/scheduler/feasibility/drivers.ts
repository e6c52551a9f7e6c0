import type { Node, TaskGroup } from "../../model/index.ts";
import type { Check } from "./prospect.ts";

/** What a node's attribute `driver.<name>` may say to mean yes. */
const yes: ReadonlySet<string | undefined> = new Set(["1", "t", "T", "true", "TRUE", "True"]);

/** A node must have the driver of every task of the group. */
export function driversPresent(group: TaskGroup): Check<Node> {
  const drivers = [...new Set(group.Tasks.map((task) => task.Driver))];
  return (node) =>
    drivers.every((driver) => yes.has(node.Attributes[`driver.${driver}`])) ? undefined : "missing drivers";
}
