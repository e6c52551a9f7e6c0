import { between, dictionary } from "../../base/index.ts";
import type { Evaluation, LogIndex, PlanResult } from "../../model/index.ts";
import { type PlanResultsRequest, planResults, type StateView } from "../../state/index.ts";
import { AssumedPlacements } from "../assumed-placements.ts";
import { mostInPart, sizeOf } from "../plan-parts.ts";
import type { PendingPlan, PlanQueue } from "./plan-queue.ts";
import { preemptionEvaluations } from "./preemption-evaluations.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";
import { keepsAllocations, type Verified, verifyPlan } from "./verify-plan.ts";

const rejected = ["nomad", "plan", "node_rejected"];
const timers = { evaluate: ["nomad", "plan", "evaluate"], apply: ["nomad", "plan", "apply"] };

/** Plans that are verified without a pause, and what they change together: the event loop has other work too. */
const mostTogether = 16;
const mostAllocations = mostInPart;

/** A plan of which the evaluation was still its worker's; `committed` is missing if nothing of it could be. */
interface Decided {
  readonly pending: PendingPlan;
  readonly verified: Verified;
  /** Stands for the nodes as they were then. */
  readonly nodes: object;
  readonly committed: Promise<LogIndex> | undefined;
}

/**
 * The one place where plans become facts. It takes all that wait, checks each beside those before it, logs what fits,
 * and waits for all of them: many plans cost one round of the log.
 *
 *     queue ─► plan 1 ─► verified on the view     ─► logged ┐
 *              plan 2 ─► verified beside plan 1   ─► logged ├─► committed together, then answered
 *              plan 3 ─► verified beside 1 and 2  ─► logged ┘
 *
 * The room that a plan takes is gone for those behind it at once; the room that it frees is theirs only when it is
 * committed. So it does no harm if the log takes some of them and not others.
 */
export class PlanApplier implements LeaderDuty {
  readonly name = "plan applier";
  readonly #tenure: Tenure;
  readonly #queue: PlanQueue;
  readonly #claim: (evaluationID: string, token: string) => LogIndex;

  /** `claim` throws unless the evaluation is outstanding with this token, and says what its plan must have seen. */
  constructor(tenure: Tenure, queue: PlanQueue, claim: (evaluationID: string, token: string) => LogIndex) {
    this.#tenure = tenure;
    this.#queue = queue;
    this.#claim = claim;
  }

  async run(): Promise<void> {
    while (!this.#tenure.signal.aborted) {
      const together = await this.#queue.take(mostTogether, mostAllocations);
      try {
        await this.#apply(together);
      } catch (error) {
        for (const { fail } of together) fail(error);
        throw error;
      }
    }
  }

  async #apply(together: readonly PendingPlan[]): Promise<void> {
    const decided = this.#decide(together);
    const { metrics, clock } = this.#tenure.runtime;
    const began = clock.now();
    const commits = await Promise.allSettled(decided.map(({ committed }) => committed ?? 0));
    metrics.time(timers.apply, between(began, clock.now()));
    for (const [at, plan] of decided.entries()) {
      const commit = commits[at] as PromiseSettledResult<LogIndex>;
      if (commit.status === "fulfilled") plan.pending.answer(this.#resultOf(plan, commit.value));
      else plan.pending.fail(commit.reason);
    }
  }

  /** Runs in one go, so that nothing else is logged in between. */
  #decide(together: readonly PendingPlan[]): readonly Decided[] {
    const { state, runtime } = this.#tenure;
    const decided: Decided[] = [];
    const assumed = new AssumedPlacements(state.view());
    const nodes = assumed.view.nodes.contents;
    for (const pending of together) {
      const { view } = assumed;
      const began = runtime.clock.now();
      const verified = this.#verified(view, pending);
      runtime.metrics.time(timers.evaluate, between(began, runtime.clock.now()));
      if (verified === undefined) continue;
      for (const node_id of verified.misfits) runtime.metrics.count(rejected, 1, { node_id });
      if (sizeOf(verified) === 0) {
        decided.push({ pending, verified, nodes, committed: undefined });
        continue;
      }
      const evaluations = preemptionEvaluations(view, verified, runtime.random);
      const request = requestOf(pending, verified, evaluations);
      const committed = state.propose(planResults, request).then(({ index }) => index);
      decided.push({ pending, verified, nodes, committed });
      assumed.place(request);
    }
    return decided;
  }

  /** A plan that cannot be judged is no reason to end all others: its worker is told, and gives up. */
  #verified(view: StateView, { plan, jobOf, fail }: PendingPlan): Verified | undefined {
    try {
      const mustHaveSeen = this.#claim(plan.EvalID, plan.EvalToken);
      if (plan.SnapshotIndex < mustHaveSeen) return nothing;
      const Job = jobOf === undefined ? plan.Job : (view.allocations.get(jobOf.toLowerCase())?.Job ?? null);
      return verifyPlan(view, { ...plan, Job });
    } catch (error) {
      fail(error);
      return undefined;
    }
  }

  /**
   * What the worker is told. A refusal says from which index on to look again: the view must hold what stood in the
   * way. So does a node that was lost to its allocations while they were on their way to the log.
   */
  #resultOf({ pending, verified, nodes }: Decided, index: LogIndex): PlanResult {
    const { NodeUpdate, NodeAllocation, refused } = verified;
    const view = this.#tenure.state.view();
    const overtaken =
      view.nodes.contents !== nodes &&
      Object.keys(NodeAllocation).some((nodeID) => !keepsAllocations(view.nodes.get(nodeID), pending.plan));
    return {
      NodeUpdate,
      NodeAllocation,
      RefreshIndex: refused || overtaken ? Math.max(view.nodes.lastIndex, view.allocations.lastIndex, index, 1) : 0,
      AllocIndex: index,
    };
  }
}

/**
 * Of a plan that was made before something else was planned for its job: by whoever had the evaluation before, and was told
 * that it had failed. It would place the same once more, where nodes have room for both.
 */
const nothing: Verified = {
  NodeUpdate: dictionary(),
  NodeAllocation: dictionary(),
  NodePreemptions: dictionary(),
  refused: true,
  misfits: [],
};

/** What is evicted and the evaluations that follow from it are one entry of the log, so that none is without the other. */
function requestOf(
  { plan: { Job, EvalID }, jobOf }: PendingPlan,
  { NodeUpdate, NodeAllocation, NodePreemptions }: Verified,
  evaluations: readonly Evaluation[],
): PlanResultsRequest {
  const of = jobOf === undefined ? { Job } : { Job: null, JobOf: jobOf };
  const request = { ...of, EvalID, NodeUpdate, NodeAllocation };
  if (Object.keys(NodePreemptions).length === 0) return request;
  return { ...request, NodePreemptions, PreemptionEvals: evaluations };
}
