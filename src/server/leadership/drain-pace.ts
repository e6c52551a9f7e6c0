import { type Instant, instantOf, later, type Random, seconds } from "../../base/index.ts";
import {
  type Allocation,
  type Evaluation,
  isTerminalAllocation,
  isUnhurried,
  type Job,
  type LogIndex,
  type Node,
  type Pace,
  paceOf,
} from "../../model/index.ts";
import { jobKey, type StateView } from "../../state/index.ts";
import { nodeEvaluation } from "../node-evaluations.ts";

/** Evaluations that found something else than was expected are not made again and again. */
const again = seconds(10);

/** What is due for a draining node: evaluations, and when to ask again though nothing has happened, if ever. */
export interface DrainTurn {
  readonly Evals: readonly Evaluation[];
  readonly nextAt: Instant | undefined;
}

/** Says which jobs to look at because allocations of theirs may leave draining nodes now. It has no timer: its owner asks. */
export class DrainPace {
  readonly #random: Random;
  /** The jobs that have something left on a draining node, and the nodes where. */
  readonly #waiting = new Map<string, Set<string>>();
  /** Of each of them the latest evaluation, and the newest allocation that was there then. */
  readonly #evaluated = new Map<string, { readonly at: Instant; readonly index: LogIndex }>();
  readonly #paces = new Paces();

  constructor(random: Random) {
    this.#random = random;
  }

  /** The draining nodes where something of this job is left. */
  nodesWaitingFor(key: string): Iterable<string> {
    return this.#waiting.get(key) ?? [];
  }

  forget(nodeID: string): void {
    this.#wait(nodeID, new Map());
  }

  turn(view: StateView, node: Node, now: Instant): DrainTurn {
    const nodeID = node.ID.toLowerCase();
    const left = leftOn(view, nodeID);
    this.#wait(nodeID, left);
    const Evals: Evaluation[] = [];
    const times: Instant[] = [];
    for (const [key, here] of left) {
      const job = view.jobs.get(key);
      if (job === undefined) continue;
      const { mayLeave, nextAt } = this.#paces.of(view, { node, job, key, here }, now);
      if (nextAt !== undefined) times.push(instantOf(nextAt));
      if (!mayLeave || isBeingLookedAt(view, key)) continue;
      if (this.#isNews(view, key, now)) Evals.push(nodeEvaluation(job, node, this.#random));
      times.push(later(now, again));
    }
    return { Evals, nextAt: times.toSorted((a, b) => a - b)[0] };
  }

  #wait(nodeID: string, left: ReadonlyMap<string, unknown>): void {
    for (const [key, nodes] of this.#waiting) {
      if (left.has(key) || !nodes.delete(nodeID) || nodes.size > 0) continue;
      this.#waiting.delete(key);
      this.#evaluated.delete(key);
    }
    for (const key of left.keys()) this.#waiting.set(key, (this.#waiting.get(key) ?? new Set()).add(nodeID));
  }

  /** False where a job was evaluated a short while ago for the same reason, and nothing came of it. */
  #isNews(view: StateView, key: string, now: Instant): boolean {
    const index = Array.from(view.allocations.by("job", key)).reduce((most, one) => Math.max(most, one.ModifyIndex), 0);
    const last = this.#evaluated.get(key);
    if (last?.index === index && now < later(last.at, again)) return false;
    this.#evaluated.set(key, { at: now, index });
    return true;
  }
}

/** What is left of a job on a draining node. */
interface Left {
  readonly node: Node;
  readonly job: Job;
  readonly key: string;
  readonly here: readonly Allocation[];
}

/** The paces of groups in one view: many nodes that drain at once ask for those of the same groups, which may be large. */
class Paces {
  #known: { readonly view: LogIndex; readonly at: Instant; readonly paces: Map<string, Pace> } | undefined;

  /** Whether any of what is left may leave now, and when else it may. */
  of(view: StateView, { node, job, key, here }: Left, now: Instant): { mayLeave: boolean; nextAt: number | undefined } {
    const staysPut = job.Type === "system" && node.DrainStrategy?.IgnoreSystemJobs === true;
    if (staysPut || !isUnhurried(node, now)) return { mayLeave: !staysPut, nextAt: undefined };
    const names = new Set(here.map(({ TaskGroup }) => TaskGroup));
    const paces = job.TaskGroups.filter(({ Name }) => names.has(Name)).map((group) =>
      this.#of(view, job, key, group, now),
    );
    const times = paces.flatMap(({ nextAt }) => nextAt ?? []).toSorted((a, b) => a - b);
    return { mayLeave: paces.some(({ most }) => most > 0), nextAt: times[0] };
  }

  #of(view: StateView, job: Job, key: string, group: Job["TaskGroups"][number], now: Instant): Pace {
    if (this.#known?.view !== view.index || this.#known.at !== now) {
      this.#known = { view: view.index, at: now, paces: new Map() };
    }
    const { paces } = this.#known;
    const name = JSON.stringify([key, group.Name]);
    const pace = paces.get(name) ?? paceOf(job, group, view.allocations.by("job", key), now);
    paces.set(name, pace);
    return pace;
  }
}

/** What is still to leave a node, by the keys of the jobs. */
function leftOn(view: StateView, nodeID: string): ReadonlyMap<string, readonly Allocation[]> {
  const left = [...view.allocations.by("node", nodeID)].filter((allocation) => !isTerminalAllocation(allocation));
  return Map.groupBy(left, ({ Namespace, JobID }) => jobKey(Namespace, JobID));
}

function isBeingLookedAt(view: StateView, key: string): boolean {
  for (const { Status } of view.evaluations.by("job", key)) if (Status === "pending") return true;
  return false;
}
