import { parseGoBoolean } from "../../base/index.ts";
import type { Node, TaskGroup } from "../../model/index.ts";
import type { Check } from "./prospect.ts";

/** A node must have the driver of every task of the group: its attribute `driver.<name>` says yes. */
export function driversPresent(group: TaskGroup): Check<Node> {
  const drivers = [...new Set(group.Tasks.map((task) => task.Driver))];
  const has = (node: Node, driver: string) => parseGoBoolean(node.Attributes[`driver.${driver}`] ?? "") === true;
  return (node) => (drivers.every((driver) => has(node, driver)) ? undefined : "missing drivers");
}
