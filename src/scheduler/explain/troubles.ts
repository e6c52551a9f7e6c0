import type { Instant } from "../../base/index.ts";
import { type Allocation, isServerTerminal, type Remark, type TaskEvent, type TaskState } from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import { lasting, nodeName, shortID } from "./words.ts";

/** Allocations of a group that are told of, the latest first. */
const mostTold = 3;

/** The allocations of a group that have a place and do not run there, with the last that happened to their tasks. */
export function troubles(allocations: readonly Allocation[], view: StateView, now: Instant): readonly Remark[] {
  const wanting = allocations
    .filter((one) => !isServerTerminal(one) && one.NextAllocation === "" && isTroubled(one))
    .toSorted((a, b) => b.ModifyIndex - a.ModifyIndex || b.CreateIndex - a.CreateIndex);
  return wanting
    .slice(0, mostTold)
    .map((one) => ({ Kind: `allocation ${one.ClientStatus}`, Text: told(one, view, now) }));
}

function isTroubled({ ClientStatus }: Allocation): boolean {
  return ["pending", "failed", "lost"].includes(ClientStatus);
}

function told(allocation: Allocation, view: StateView, now: Instant): string {
  const { ID, NodeID, ClientStatus, CreateTime, ModifyTime } = allocation;
  const node = view.nodes.get(NodeID.toLowerCase());
  const where = node === undefined ? `node ${shortID(NodeID)}, which is gone,` : nodeName(node);
  const isDown = node !== undefined && node.Status !== "ready" ? `; the node is ${node.Status}` : "";
  const how =
    ClientStatus === "pending"
      ? `has been pending for ${lasting(CreateTime, now)}`
      : `${words.get(ClientStatus) ?? ClientStatus} ${lasting(ModifyTime, now)} ago`;
  const head = `Allocation ${shortID(ID)} on ${where} ${how}`;
  return `${head}${whatHappened(allocation) ?? nothingHeard(allocation)}${isDown}`;
}

const words: ReadonlyMap<string, string> = new Map([
  ["failed", "failed"],
  ["lost", "was lost"],
]);

/** Of the task to which something happened last: what went wrong, and what came of it. */
function whatHappened({ TaskStates }: Allocation): string | undefined {
  const tasks = Object.entries(TaskStates).filter(([, { Events }]) => Events.length > 0);
  const [latest] = tasks.toSorted(([, a], [, b]) => lastTime(b) - lastTime(a));
  if (latest === undefined) return undefined;
  const [task, { Events }] = latest;
  const last = Events.at(-1) as TaskEvent;
  const wrong = Events.findLast(({ Type }) => causes.has(Type));
  const told = wrong === undefined || wrong === last ? [last] : [wrong, last];
  return `: task "${task}": ${told.map(eventText).join("; then ")}`;
}

/** Events that say what went wrong; those after them say what came of it. */
const causes: ReadonlySet<string> = new Set([
  "Driver Failure",
  "Failed Validation",
  "Failed Artifact Download",
  "Terminated",
]);

function lastTime({ Events }: TaskState): number {
  return Events.at(-1)?.Time ?? 0;
}

function eventText({ Type, DisplayMessage, Message }: TaskEvent): string {
  const text = DisplayMessage || Message;
  return text === "" ? Type : `${Type}: ${text}`;
}

function nothingHeard({ ClientStatus, ClientDescription }: Allocation): string {
  if (ClientDescription !== "") return `: ${ClientDescription}`;
  return ClientStatus === "pending" ? ": its client has not said anything of it yet" : "";
}
