import { deregisterNode, forgetJobs, type RpcCaller, reapEvaluations } from "../../api/index.ts";
import type { StateView } from "../../state/index.ts";
import { type CollectionAges, type CollectionKind, collectGarbage } from "./collect-garbage.ts";

/** Ids that fit one log entry of 256 KB. Source: Nomad 0.4.1. */
const mostIDs = 7281;
/** Ids of jobs are longer. */
const mostJobs = 500;

const kinds: readonly string[] = ["eval-gc", "job-gc", "node-gc", "force-gc"] satisfies CollectionKind[];

/** How much was collected. */
export interface Collected {
  readonly evaluations: number;
  readonly allocations: number;
  readonly jobs: number;
  readonly nodes: number;
}

/**
 * Collects what nobody needs any more: allocations before their evaluations, and these before their jobs, so that
 * what is left after a failure is found again. Rejects as the calls do, and for a kind that this program does not know.
 */
export async function reapGarbage(
  rpc: RpcCaller,
  view: StateView,
  kind: string,
  context: { readonly now: number; readonly ages: CollectionAges; readonly signal: AbortSignal },
): Promise<Collected> {
  if (!isKind(kind)) throw new Error(`unknown collection "${kind}"`);
  const { signal } = context;
  const { allocations, evaluations, jobs, nodes } = collectGarbage(view, kind, context);
  for (let from = 0; from < allocations.length + evaluations.length; from += mostIDs) {
    const Allocs = allocations.slice(from, from + mostIDs);
    const [first, end] = [from, from + mostIDs].map((place) => Math.max(0, place - allocations.length));
    await rpc.call(reapEvaluations, { Allocs, Evals: evaluations.slice(first, end) }, { signal });
  }
  for (let from = 0; from < jobs.length; from += mostJobs) {
    await rpc.call(forgetJobs, { Jobs: jobs.slice(from, from + mostJobs) }, { signal });
  }
  for (const NodeID of nodes) await rpc.call(deregisterNode, { NodeID }, { signal });
  return {
    evaluations: evaluations.length,
    allocations: allocations.length,
    jobs: jobs.length,
    nodes: nodes.length,
  };
}

function isKind(kind: string): kind is CollectionKind {
  return kinds.includes(kind);
}
