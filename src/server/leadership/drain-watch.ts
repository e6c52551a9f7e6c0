import { type Instant, instantOf, later, seconds } from "../../base/index.ts";
import { drainDeadline, endsByItself, isDrainOver, type Node } from "../../model/index.ts";
import { type Change, evaluationsUpdate, jobKey, nodeDrain } from "../../state/index.ts";
import { CommandRefused } from "../replicated-state.ts";
import { CalendarDeadlines } from "./calendar-deadlines.ts";
import { DrainPace } from "./drain-pace.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

/** How soon a drain that could not be ended is tried again. */
const retryAfter = seconds(10);

/**
 * Has allocations leave the nodes whose drains end by themselves, each when its time has come, and ends those drains: when
 * nothing is left on their nodes that must go, or their deadline is over.
 */
export class DrainWatch implements LeaderDuty {
  readonly name = "drain watch";
  readonly #tenure: Tenure;
  /** When to look at each draining node, by the calendar. Those where only a change can help are not in it. */
  readonly #looks: CalendarDeadlines;
  readonly #pace: DrainPace;
  /** The nodes whose drains end by themselves. */
  readonly #draining = new Set<string>();

  constructor(tenure: Tenure) {
    this.#tenure = tenure;
    this.#looks = new CalendarDeadlines(tenure.runtime.clock);
    this.#pace = new DrainPace(tenure.runtime.random);
  }

  async run(): Promise<void> {
    const { state, signal } = this.#tenure;
    const stopObserving = state.observe(({ changes }) => {
      for (const change of changes) this.#follow(change);
    });
    for (const node of state.view().nodes.all()) this.#heed(node);
    try {
      await this.#looks.run(signal, (nodeID) => this.#look(nodeID));
    } finally {
      stopObserving();
    }
  }

  #follow(change: Change): void {
    if (change.table === "nodes") {
      if (change.after !== undefined) this.#heed(change.after);
      else this.#forget(change.key);
    }
    if (this.#draining.size === 0 || (change.table !== "allocations" && change.table !== "evaluations")) return;
    const row = change.after ?? change.before;
    if (row === undefined) return;
    this.#lookSoon(row.NodeID.toLowerCase());
    for (const nodeID of this.#pace.nodesWaitingFor(jobKey(row.Namespace, row.JobID))) this.#lookSoon(nodeID);
  }

  #heed({ ID, DrainStrategy }: Node): void {
    const nodeID = ID.toLowerCase();
    if (endsByItself(DrainStrategy)) {
      this.#draining.add(nodeID);
      this.#lookSoon(nodeID);
    } else this.#forget(nodeID);
  }

  #forget(nodeID: string): void {
    this.#draining.delete(nodeID);
    this.#pace.forget(nodeID);
    this.#looks.delete(nodeID);
  }

  #lookSoon(nodeID: string): void {
    if (this.#draining.has(nodeID)) this.#looks.set(nodeID, this.#tenure.runtime.clock.wallTime());
  }

  async #look(nodeID: string): Promise<void> {
    const { state, runtime, signal } = this.#tenure;
    const view = state.view();
    const node = view.nodes.get(nodeID);
    if (node === undefined || !endsByItself(node.DrainStrategy)) return;
    const now = runtime.clock.wallTime();
    const isOver = isDrainOver(node, view.allocations.by("node", nodeID), now);
    try {
      if (!isOver) return await this.#goOn(node, now);
      const end = { NodeID: node.ID, DrainStrategy: null, MarkEligible: false, Evals: [], IfOver: true };
      await state.propose(nodeDrain, end);
    } catch (error) {
      // What made the drain go on was a change, and that has it looked at again.
      if (signal.aborted || error instanceof CommandRefused) return;
      runtime.log.named("nomad.drain").error(isOver ? "cannot end a drain" : "cannot go on with a drain", {
        nodeID,
        error,
      });
      this.#looks.set(nodeID, later(now, retryAfter));
    }
  }

  async #goOn(node: Node, now: Instant): Promise<void> {
    const { state } = this.#tenure;
    const { Evals, nextAt } = this.#pace.turn(state.view(), node, now);
    const deadline = node.DrainStrategy === null ? undefined : drainDeadline(node.DrainStrategy);
    const times = [nextAt, deadline].filter((when) => when !== undefined && when > now) as Instant[];
    // Before the evaluations are on their way: what comes of them may call for an earlier look.
    if (times.length > 0) this.#looks.set(node.ID.toLowerCase(), instantOf(Math.min(...times)));
    if (Evals.length > 0) await state.propose(evaluationsUpdate, { Evals });
  }
}
