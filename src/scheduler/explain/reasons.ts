/** Refusals in words, one sentence for each. */
import {
  distinctHosts,
  distinctProperty,
  fieldExhausted,
  isTerminalAllocation,
  type NetworkResource,
  type Node,
  type Refusal,
  type TaskGroup,
} from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import { otherReasons } from "../refusals.ts";
import { counted, listed, nodeName, noun, quantity } from "./words.ts";

/** What a network had too little of, by how metrics call it. */
const exhausted: ReadonlyMap<string, string> = new Map([
  ["network: bandwidth exceeded", "bandwidth"],
  ["network: no networks available", "a network"],
  ["network: dynamic port selection failed", "free ports"],
]);

const collision = "network: reserved port collision";

/** Why nodes refused `group`, for people. */
export function reasonsFor(group: TaskGroup, refusals: readonly Refusal[], view: StateView): readonly string[] {
  return refusals.map((refusal) => {
    const who = counted(refusal.Nodes, "node") + (refusal.NodeClass === "" ? "" : ` of class "${refusal.NodeClass}"`);
    return `${who} ${refusal.Dimension === "" ? mayNot(refusal, group, view) : hasNot(refusal, group, view)}`;
  });
}

function mayNot({ Constraint, Nodes, NodeID }: Refusal, group: TaskGroup, view: StateView): string {
  const verb = (root: string) => (Nodes === 1 ? `${root}s` : root);
  if (Constraint === "missing drivers") {
    return `${verb("lack")} a driver: ${missingDrivers(group, view.nodes.get(NodeID.toLowerCase()))}`;
  }
  if (Constraint === distinctHosts) return `${verb("run")} one already (${distinctHosts})`;
  if (Constraint.includes(` ${distinctProperty} `)) return `would exceed ${Constraint}`;
  if (Constraint === otherReasons) return `${verb("refuse")} for ${otherReasons}`;
  return `${Nodes === 1 ? "does" : "do"} not meet ${Constraint.trim()}`;
}

function missingDrivers(group: TaskGroup, node: Node | undefined): string {
  const drivers = [...new Set(group.Tasks.map(({ Driver }) => Driver))];
  const missing = drivers.filter((driver) => node?.Attributes[`driver.${driver}`] === undefined);
  return listed(missing.length > 0 ? missing : drivers);
}

function hasNot(refusal: Refusal, group: TaskGroup, view: StateView): string {
  const { Dimension, Nodes, Needed, Free, NodeID } = refusal;
  const lack = Nodes === 1 ? "lacks" : "lack";
  const field = fieldExhausted(Dimension);
  const node = view.nodes.get(NodeID.toLowerCase());
  if (Dimension === collision) return holder(group, node, view) ?? `${lack} a port that the group names`;
  if (field === undefined) return `${lack} ${exhausted.get(Dimension) ?? `room: ${Dimension}`}`;
  const left = `${quantity(field, Math.max(0, Free))} free`;
  const roomiest = Nodes === 1 || node === undefined ? "" : ` on ${nodeName(node)}, the roomiest`;
  return `${lack} ${noun(field)}: ${quantity(field, Needed)} needed, ${left}${roomiest}`;
}

/** The first port that is taken on the node, and by whom; undefined if it is free by now. */
function holder(group: TaskGroup, node: Node | undefined, view: StateView): string | undefined {
  if (node === undefined) return undefined;
  const named = group.Tasks.flatMap(({ Resources }) => Resources?.Networks[0]?.ReservedPorts ?? []);
  for (const { Label, Value } of named) {
    const isIt = ({ ReservedPorts, DynamicPorts }: Pick<NetworkResource, "ReservedPorts" | "DynamicPorts">) =>
      [...ReservedPorts, ...DynamicPorts].some((port) => port.Value === Value);
    const port = `cannot give port ${Value} ("${Label}")`;
    if (node.Reserved?.Networks.some(isIt)) return `${port}: it is reserved on ${nodeName(node)}`;
    for (const allocation of view.allocations.by("node", node.ID.toLowerCase())) {
      if (isTerminalAllocation(allocation)) continue;
      if (Object.values(allocation.TaskResources).some(({ Networks }) => Networks.slice(0, 1).some(isIt))) {
        return `${port}: job "${allocation.JobID}" has it on ${nodeName(node)}`;
      }
    }
  }
  return undefined;
}
