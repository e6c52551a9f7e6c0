import { type Duration, later, WakeUp } from "../../base/index.ts";
import type { NodeID } from "../../model/index.ts";
import { nodeStatus } from "../../state/index.ts";
import { nodeEvaluations } from "../node-evaluations.ts";
import { failoverTTL, HeartbeatDeadlines } from "./heartbeat-deadlines.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

/** Calls a node down when it has been silent for longer than it was granted. */
export class Heartbeats implements LeaderDuty {
  readonly name = "heartbeats";
  readonly #tenure: Tenure;
  readonly #deadlines: HeartbeatDeadlines;
  readonly #deadlineMoved = new WakeUp();

  constructor(tenure: Tenure) {
    this.#tenure = tenure;
    this.#deadlines = new HeartbeatDeadlines(tenure.runtime.random, { grace: tenure.config.heartbeatGrace });
    const deadline = later(tenure.runtime.clock.now(), failoverTTL);
    for (const node of tenure.state.view().nodes.all()) {
      if (node.Status !== "down") this.#deadlines.expectBy(node.ID, deadline);
    }
  }

  get watched(): number {
    return this.#deadlines.watched;
  }

  /** A node gave a sign of life; returns the time until its next must come. */
  heardFrom(node: NodeID): Duration {
    const granted = this.#deadlines.heardFrom(node, this.#tenure.runtime.clock.now());
    this.#deadlineMoved.notify();
    return granted;
  }

  forget(node: NodeID): void {
    this.#deadlines.forget(node);
  }

  async run(): Promise<void> {
    const { clock, log } = this.#tenure.runtime;
    const { signal } = this.#tenure;
    while (!signal.aborted) {
      for (const nodeID of this.#deadlines.takeMissed(clock.now())) {
        log.named("nomad.heartbeat").warn(`node '${nodeID}' TTL expired`);
        await this.#callDown(nodeID);
      }
      const next = this.#deadlines.earliest();
      const cancel = next === undefined ? undefined : clock.at(next, () => this.#deadlineMoved.notify());
      await this.#deadlineMoved.wait(signal);
      cancel?.();
    }
  }

  async #callDown(nodeID: NodeID): Promise<void> {
    const { state, runtime, signal } = this.#tenure;
    const view = state.view();
    const node = view.nodes.get(nodeID);
    if (node === undefined || node.Status === "down") return;
    const Evals = nodeEvaluations(view, nodeID, { random: runtime.random, nodeModifyIndex: view.index });
    try {
      await state.propose(nodeStatus, { NodeID: nodeID, Status: "down", Evals });
    } catch (error) {
      if (signal.aborted) return;
      runtime.log.named("nomad.heartbeat").error("cannot mark node down, trying again", { nodeID, error });
      this.#deadlines.expectBy(nodeID, later(runtime.clock.now(), this.#tenure.config.heartbeatGrace));
    }
  }
}
