import { type Allocation, isTerminalAllocation, type Job } from "../model/index.ts";
import { jobKey, type StateView } from "../state/index.ts";
import type { Tasks } from "./checkers/tasks.ts";
import type { SimAgent } from "./sim-agent.ts";

/**
 * What a cluster still has to do, as its state says, where of the clients only `clients` can do anything: they are all
 * ready, no evaluation is pending, all that is wanted and fits runs, and nothing runs that is not wanted. What is on other
 * clients counts as running until they are called down, for which a new leader takes minutes.
 */
export function unfinished(view: StateView, tasks: Tasks, clients: readonly SimAgent[]): string | undefined {
  return notReady(view, clients) ?? undecided(view) ?? notRunning(view, clients) ?? tasks.unwanted(view, clients);
}

function notReady(view: StateView, clients: readonly SimAgent[]): string | undefined {
  const ready = new Set([...view.nodes.all()].flatMap(({ Status, Name }) => (Status === "ready" ? [Name] : [])));
  const missing = clients.find(({ name }) => !ready.has(name));
  return missing && `${missing.name} is not ready`;
}

function undecided(view: StateView): string | undefined {
  const pending = [...view.evaluations.all()].find(({ Status }) => Status === "pending");
  return pending && `evaluation ${pending.ID} of job ${pending.JobID} is pending`;
}

function notRunning(view: StateView, clients: readonly SimAgent[]): string | undefined {
  const able = new Set(clients.map(({ name }) => name));
  for (const job of view.jobs.all()) {
    const running = [...view.allocations.by("job", jobKey(job.Namespace, job.ID))].filter(
      (allocation) =>
        !isTerminalAllocation(allocation) &&
        (allocation.ClientStatus === "running" || !able.has(view.nodes.get(allocation.NodeID)?.Name ?? "")),
    );
    const missing = job.Type === "system" ? missingOnNodes(view, job, running, able) : missingOf(view, job, running);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function missingOf(view: StateView, job: Job, running: readonly Allocation[]): string | undefined {
  const wanted = job.Stop ? 0 : job.TaskGroups.reduce((sum, { Count }) => sum + Count, 0);
  if (running.length === wanted || (running.length < wanted && isBlocked(view, job))) return undefined;
  return `${running.length} of ${wanted} allocations of job ${job.ID} run`;
}

/** A system job runs on every node that takes work, and nowhere else but on nodes that are only closed to new work. */
function missingOnNodes(
  view: StateView,
  job: Job,
  running: readonly Allocation[],
  able: ReadonlySet<string>,
): string | undefined {
  const wanted = job.Stop ? 0 : job.TaskGroups.reduce((sum, { Count }) => sum + Count, 0);
  for (const node of view.nodes.all()) {
    if (!able.has(node.Name)) continue;
    const here = running.filter(({ NodeID }) => NodeID === node.ID).length;
    const due = node.Drain ? 0 : wanted;
    if (here !== due) return `${here} of ${due} allocations of job ${job.ID} run on ${node.Name}`;
  }
  return undefined;
}

/** The cluster has no room for all of it, and knows it. */
function isBlocked(view: StateView, { Namespace, ID }: Job): boolean {
  return [...view.evaluations.by("job", jobKey(Namespace, ID))].some(({ Status }) => Status === "blocked");
}
