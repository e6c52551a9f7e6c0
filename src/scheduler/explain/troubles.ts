import type { Instant } from "../../base/index.ts";
import {
  type Allocation,
  isPreempted,
  isServerTerminal,
  type Job,
  type Remark,
  type TaskEvent,
  type TaskState,
} from "../../model/index.ts";
import type { StateView } from "../../state/index.ts";
import { wantedNames } from "../reconcile/wanted.ts";
import { lasting, nodeName, shortID } from "./words.ts";

/** Allocations of a group that are told of, the latest first. */
const mostTold = 3;

/** The allocations that had a place and do not run there, with the last that happened to their tasks. `allocations` are of one group. */
export function troubles(
  allocations: readonly Allocation[],
  job: Job,
  view: StateView,
  now: Instant,
): readonly Remark[] {
  return latestOfEach(allocations, job)
    .filter(isTroubled)
    .toSorted((a, b) => b.ModifyIndex - a.ModifyIndex || b.CreateIndex - a.CreateIndex)
    .slice(0, mostTold)
    .map((one) => (isPreempted(one) ? preempted(one, view, now) : troubled(one, view, now)));
}

/** What was before it has been replaced. */
function latestOfEach(allocations: readonly Allocation[], job: Job): readonly Allocation[] {
  const wanted = wantedNames(job);
  const latest = new Map<string, Allocation>();
  for (const one of allocations) {
    if (!wanted.has(one.Name)) continue;
    const key = job.Type === "system" ? `${one.Name} ${one.NodeID}` : one.Name;
    if ((latest.get(key)?.CreateIndex ?? -1) < one.CreateIndex) latest.set(key, one);
  }
  return [...latest.values()];
}

function isTroubled(one: Allocation): boolean {
  if (isServerTerminal(one)) return isPreempted(one);
  return ["pending", "failed", "lost"].includes(one.ClientStatus);
}

function preempted(
  { ID, NodeID, ModifyTime, PreemptedByAllocation }: Allocation,
  view: StateView,
  now: Instant,
): Remark {
  const by = view.allocations.get(PreemptedByAllocation.toLowerCase());
  const whom = by === undefined ? "" : ` of job "${by.JobID}"`;
  const Text =
    `Allocation ${shortID(ID)} on ${whereIs(NodeID, view)} had to make room for allocation ` +
    `${shortID(PreemptedByAllocation)}${whom} ${lasting(ModifyTime, now)} ago`;
  return { Kind: "allocation preempted", Text };
}

function whereIs(nodeID: string, view: StateView): string {
  const node = view.nodes.get(nodeID.toLowerCase());
  return node === undefined ? `node ${shortID(nodeID)}, which is gone,` : nodeName(node);
}

function troubled(allocation: Allocation, view: StateView, now: Instant): Remark {
  const { ID, NodeID, ClientStatus, CreateTime, ModifyTime } = allocation;
  const node = view.nodes.get(NodeID.toLowerCase());
  const isDown = node !== undefined && node.Status !== "ready" ? `; the node is ${node.Status}` : "";
  const how =
    ClientStatus === "pending"
      ? `has been pending for ${lasting(CreateTime, now)}`
      : `${words.get(ClientStatus) ?? ClientStatus} ${lasting(ModifyTime, now)} ago`;
  const head = `Allocation ${shortID(ID)} on ${whereIs(NodeID, view)} ${how}`;
  const Text = `${head}${whatHappened(allocation) ?? nothingHeard(allocation)}${isDown}`;
  return { Kind: `allocation ${ClientStatus}`, Text };
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
