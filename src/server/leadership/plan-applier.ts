import { type Plan, type PlanResult, planResult } from "../../model/index.ts";
import { type Applied, planResults, type StateView } from "../../state/index.ts";
import type { PlanQueue } from "./plan-queue.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";
import { type Verified, verifyPlan } from "./verify-plan.ts";

/** Plans whose commit is awaited while the next is verified; more would only refuse each other. */
const mostInFlight = 8;

type PlanCommit = Parameters<typeof planResults.apply>[1];

/**
 * The one place where plans become facts. It takes them one by one, checks each against the state as it will be
 * once the plans in flight are committed, and logs what fits.
 */
export class PlanApplier implements LeaderDuty {
  readonly name = "plan applier";
  readonly #tenure: Tenure;
  readonly #queue: PlanQueue;
  readonly #tokenOf: (evaluationID: string) => string | undefined;
  readonly #inFlight = new Map<PlanCommit, Promise<unknown>>();

  constructor(tenure: Tenure, queue: PlanQueue, tokenOf: (evaluationID: string) => string | undefined) {
    this.#tenure = tenure;
    this.#queue = queue;
    this.#tokenOf = tokenOf;
  }

  async run(): Promise<void> {
    const { signal } = this.#tenure;
    while (!signal.aborted) {
      const pending = await this.#queue.next(signal).catch(() => undefined);
      if (pending === undefined) break;
      if (this.#tokenOf(pending.plan.EvalID) !== pending.plan.EvalToken) {
        pending.fail(new Error("plan is not for an outstanding evaluation"));
        continue;
      }
      const verified = verifyPlan(this.#expectedView(), pending.plan);
      if (isEmpty(verified)) pending.answer(resultOf(verified, 0));
      else this.#commit(pending.plan, verified).then(pending.answer, pending.fail);
      if (this.#inFlight.size >= mostInFlight) await Promise.race(this.#inFlight.values());
    }
    await Promise.allSettled(this.#inFlight.values());
  }

  async #commit(plan: Plan, verified: Verified): Promise<PlanResult> {
    const { state } = this.#tenure;
    const commit: PlanCommit = {
      Job: plan.Job,
      EvalID: plan.EvalID,
      NodeUpdate: verified.NodeUpdate,
      NodeAllocation: verified.NodeAllocation,
    };
    const proposal = state.propose(planResults, commit);
    const settled = proposal.then(
      () => this.#inFlight.delete(commit),
      () => this.#inFlight.delete(commit),
    );
    this.#inFlight.set(commit, settled);
    const { index }: Applied = await proposal;
    return resultOf(verified, index);
  }

  /** The state as it will be when all that was logged is applied. */
  #expectedView(): StateView {
    const view = this.#tenure.state.view();
    if (this.#inFlight.size === 0) return view;
    return view.assuming((write) => {
      for (const commit of this.#inFlight.keys()) planResults.apply(write, commit, { at: 0 });
    });
  }
}

function isEmpty(verified: Verified): boolean {
  return Object.keys(verified.NodeUpdate).length === 0 && Object.keys(verified.NodeAllocation).length === 0;
}

function resultOf(verified: Verified, index: number): PlanResult {
  return {
    ...planResult.parse({}),
    NodeUpdate: verified.NodeUpdate,
    NodeAllocation: verified.NodeAllocation,
    RefreshIndex: verified.refreshIndex === 0 ? 0 : Math.max(verified.refreshIndex, index),
    AllocIndex: index,
  };
}
