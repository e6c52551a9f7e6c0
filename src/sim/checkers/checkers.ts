import { assert } from "../../base/index.ts";
import { allocationsFit, isReady, isTerminalAllocation } from "../../model/index.ts";
import { type Applied, type Change, jobKey, type StateView } from "../../state/index.ts";

/** Looks at every commit of a world and throws when something is there that must never be. */
export type Checker = (view: StateView, applied: Applied) => void;

/** What must hold of the state at every index, whichever server shows it. */
export function stateCheckers(): readonly Checker[] {
  return [nodesHaveRoom, placementsAreOnReadyNodes, roomIsMadeForTheMoreImportant, updatesTakeTurns];
}

/** What must hold of all that one server applies from its start to its end. */
export function indexesGrow(): Checker {
  let last = 0;
  return (_view, applied) => {
    assert(applied.index > last, `indexes grow: ${applied.index} after ${last}`);
    last = applied.index;
  };
}

/** No node is given more than it has, and no port twice. */
function nodesHaveRoom(view: StateView, applied: Applied): void {
  const touched = new Set(
    applied.changes.flatMap((change) => (change.table === "allocations" && change.after ? [change.after.NodeID] : [])),
  );
  for (const nodeID of touched) {
    const node = view.nodes.get(nodeID);
    if (node === undefined) continue;
    const held = [...view.allocations.by("node", nodeID)].filter((allocation) => !isTerminalAllocation(allocation));
    const fit = allocationsFit(node, held);
    assert(fit.fits, `node ${node.Name} has room for what it holds at index ${applied.index}`);
  }
}

/** A plan may be on its way to the log, behind at most so many other entries, when its node goes. */
const mostInFlight = 64;

/** What is new on a node was put there while it could take work, or just before it could no more. */
function placementsAreOnReadyNodes(view: StateView, applied: Applied): void {
  for (const change of applied.changes) {
    if (change.table !== "allocations" || change.before !== undefined || change.after === undefined) continue;
    const node = view.nodes.get(change.after.NodeID);
    const wasReady = node !== undefined && (isReady(node) || applied.index - node.ModifyIndex < mostInFlight);
    assert(wasReady, `allocation ${change.after.Name} is placed on a node that is ready`);
  }
}

/** True if an allocation that ran is stopped for another one. */
export function makesRoom(change: Change): boolean {
  return (
    change.table === "allocations" && change.after?.DesiredStatus === "evict" && change.before?.DesiredStatus === "run"
  );
}

/** What has to go is of another and less important job, goes for what is placed on its node, and its job is looked at again. */
function roomIsMadeForTheMoreImportant(view: StateView, { changes, index }: Applied): void {
  for (const change of changes) {
    if (!makesRoom(change) || change.table !== "allocations" || change.after === undefined) continue;
    const { NodeID, Namespace, JobID, Job, PreemptedByAllocation } = change.after;
    const by = view.allocations.get(PreemptedByAllocation);
    assert(by?.CreateIndex === index && by.NodeID === NodeID, `at ${index} room is made for what is placed there`);
    const isMore = by.JobID !== JobID && (by.Job?.Priority ?? 0) >= (Job?.Priority ?? 0) + 10;
    assert(isMore, `at ${index} job ${JobID} makes room for a more important one`);
    const again = [...view.evaluations.by("job", jobKey(Namespace, JobID))];
    const isLookedAt = again.some((one) => one.TriggeredBy === "preemption" && one.CreateIndex === index);
    assert(isLookedAt, `at ${index} job ${JobID}, which makes room, is looked at again`);
  }
}

/** Why an allocation is stopped for another to take its place, while both could run. */
const replacements: ReadonlySet<string> = new Set([
  "alloc is being migrated",
  "alloc is being updated due to job update",
]);

/** A rolling update takes down so many at once as it says, those of drained nodes among them. A plan is one entry. */
function updatesTakeTurns(view: StateView, applied: Applied): void {
  const counts = new Map<string, number>();
  for (const change of applied.changes) {
    if (change.table !== "allocations" || change.before === undefined || change.after === undefined) continue;
    const { Namespace, JobID, DesiredStatus, DesiredDescription } = change.after;
    if (DesiredStatus !== "stop" || isTerminalAllocation(change.before) || !replacements.has(DesiredDescription))
      continue;
    const key = jobKey(Namespace, JobID);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [key, count] of counts) {
    const { ID, Update } = view.jobs.get(key) ?? {};
    if (Update === undefined || Update.Stagger === 0 || Update.MaxParallel === 0) continue;
    assert(count <= Update.MaxParallel, `an update of job ${ID} replaces ${Update.MaxParallel} at once: ${count} were`);
  }
}
