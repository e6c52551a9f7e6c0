import { dictionary } from "../../base/index.ts";
import type { AllocationID, Evaluation, LogIndex, Plan, PlanResult } from "../../model/index.ts";
import { type PlanResultsRequest, planResults, type StateView } from "../../state/index.ts";
import { withPlaced } from "../with-placed.ts";
import { mostInEntry, partsOf, sizeOf } from "./plan-parts.ts";
import type { PendingPlan, PlanQueue } from "./plan-queue.ts";
import { preemptionEvaluations } from "./preemption-evaluations.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";
import { keepsAllocations, type Verified, verifyPlan } from "./verify-plan.ts";

/** Plans that are worked on at once, and allocations that are verified without a pause: the event loop has other work too. */
const mostTogether = 16;
const mostVerified = mostInEntry;

/** A plan that is being carried out, part by part. */
interface OpenPlan {
  readonly pending: PendingPlan;
  /** What is not yet verified. */
  readonly left: Plan[];
  /** What came of the other parts. */
  readonly done: Verified[];
  /** Where its last part stands in the log; 0 as long as nothing of it does. */
  index: LogIndex;
  /** An allocation that a part of it has placed. */
  placed: AllocationID | undefined;
}

/** A part of a plan of which the evaluation was still its worker's; `committed` is missing if nothing of it could be. */
interface Decided {
  readonly open: OpenPlan;
  readonly verified: Verified;
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
 * committed. So it does no harm if the log takes some of them and not others. A large plan takes several rounds, with those
 * of others among them; should they come to an end early, its evaluation is delivered again and finds what is there.
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
    let open: readonly OpenPlan[] = [];
    while (!this.#tenure.signal.aborted) {
      const waits = open.length === 0;
      const taken = waits ? await this.#queue.take(mostTogether) : this.#queue.takeNow(mostTogether - open.length);
      const plans = [...open, ...taken.map(opened)];
      try {
        open = await this.#round(plans);
      } catch (error) {
        for (const { pending } of plans) pending.fail(error);
        throw error;
      }
    }
    for (const { pending } of open) pending.fail(this.#tenure.signal.reason);
  }

  /** Carries out the next part of as many of the plans as may be in one go; gives those that are not done. */
  async #round(plans: readonly OpenPlan[]): Promise<readonly OpenPlan[]> {
    const { decided, later } = this.#decide(plans);
    const commits = await Promise.allSettled(decided.map(({ committed }) => committed));
    const unfinished: OpenPlan[] = [];
    for (const [at, { open, verified }] of decided.entries()) {
      const commit = commits[at] as PromiseSettledResult<LogIndex | undefined>;
      if (commit.status === "rejected") {
        open.pending.fail(commit.reason);
        continue;
      }
      open.done.push(verified);
      open.index = commit.value ?? open.index;
      open.placed ??= Object.values(verified.NodeAllocation)[0]?.[0]?.ID;
      if (open.left.length > 0) unfinished.push(open);
      else open.pending.answer(this.#resultOf(together(open.done), open.index));
    }
    return [...later, ...unfinished];
  }

  /** Runs in one go, so that nothing else is logged in between. Those that must wait for the next come later. */
  #decide(plans: readonly OpenPlan[]): { readonly decided: readonly Decided[]; readonly later: readonly OpenPlan[] } {
    const { state, runtime } = this.#tenure;
    const decided: Decided[] = [];
    let expected = state.view();
    let verifiedSoFar = 0;
    for (const [at, open] of plans.entries()) {
      const part = open.left[0] as Plan;
      if (verifiedSoFar > 0 && verifiedSoFar + sizeOf(part) > mostVerified) return { decided, later: plans.slice(at) };
      open.left.shift();
      verifiedSoFar += sizeOf(part);
      const verified = this.#verified(expected, open, part);
      if (verified === undefined) continue;
      if (isEmpty(verified)) {
        decided.push({ open, verified, committed: undefined });
        continue;
      }
      const evaluations = preemptionEvaluations(expected, verified, runtime.random);
      const request = requestOf({ ...open, part }, verified, evaluations);
      const committed = state.propose(planResults, request).then(({ index }) => index);
      decided.push({ open, verified, committed });
      expected = withPlaced(expected, request);
    }
    return { decided, later: [] };
  }

  /** A plan that cannot be judged is no reason to end all others: its worker is told, and gives up. */
  #verified(view: StateView, { pending, index }: OpenPlan, part: Plan): Verified | undefined {
    try {
      const mustHaveSeen = this.#claim(part.EvalID, part.EvalToken);
      const hasSeen = Math.max(part.SnapshotIndex, index);
      return hasSeen < mustHaveSeen ? nothing : verifyPlan(view, part);
    } catch (error) {
      pending.fail(error);
      return undefined;
    }
  }

  /**
   * What the worker is told. A refusal says from which index on to look again: the view must hold what stood in the
   * way. So does a node that was lost to its allocations while they were on their way to the log.
   */
  #resultOf({ NodeUpdate, NodeAllocation, refused }: Verified, index: LogIndex): PlanResult {
    const view = this.#tenure.state.view();
    const overtaken = Object.keys(NodeAllocation).some((nodeID) => !keepsAllocations(view.nodes.get(nodeID)));
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
};

function opened(pending: PendingPlan): OpenPlan {
  return { pending, left: [...partsOf(pending.plan)], done: [], index: 0, placed: undefined };
}

/** What came of all parts of a plan. */
function together(parts: readonly Verified[]): Verified {
  return {
    NodeUpdate: dictionary(parts.flatMap(({ NodeUpdate }) => Object.entries(NodeUpdate))),
    NodeAllocation: dictionary(parts.flatMap(({ NodeAllocation }) => Object.entries(NodeAllocation))),
    NodePreemptions: dictionary(parts.flatMap(({ NodePreemptions }) => Object.entries(NodePreemptions))),
    refused: parts.some(({ refused }) => refused),
  };
}

/**
 * What is evicted and the evaluations that follow from it are one entry of the log, so that none is without the other. The
 * job is in the first of a plan's entries.
 */
function requestOf(
  { part: { Job, EvalID }, placed }: { readonly part: Plan; readonly placed: AllocationID | undefined },
  { NodeUpdate, NodeAllocation, NodePreemptions }: Verified,
  evaluations: readonly Evaluation[],
): PlanResultsRequest {
  const of = placed === undefined ? { Job } : { Job: null, JobOf: placed };
  const request = { ...of, EvalID, NodeUpdate, NodeAllocation };
  if (Object.keys(NodePreemptions).length === 0) return request;
  return { ...request, NodePreemptions, PreemptionEvals: evaluations };
}

function isEmpty(verified: Verified): boolean {
  return Object.keys(verified.NodeUpdate).length === 0 && Object.keys(verified.NodeAllocation).length === 0;
}
