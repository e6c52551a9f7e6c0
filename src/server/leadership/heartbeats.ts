import {
  between,
  type Duration,
  formatGoDuration,
  type Instant,
  later,
  longer,
  seconds,
  soonest,
} from "../../base/index.ts";
import type { NodeID } from "../../model/index.ts";
import { nodeStatus } from "../../state/index.ts";
import { changeWithEvaluations } from "../node-evaluations.ts";
import { Alarm } from "./alarm.ts";
import { failoverTTL, HeartbeatDeadlines } from "./heartbeat-deadlines.ts";
import type { LeaderDuty, Tenure } from "./tenure.ts";

const invalidated = ["nomad", "heartbeat", "invalidate"];

/** Nodes that are called down at a time: each may bring many evaluations. */
const mostTogether = 64;
/** At least this passes before a node is called down again, when that could not be logged. */
const shortestRetry = seconds(1);

/** While nodes are expected the clock is looked at so often: who finds that it went on for longer stood still itself. */
const lookEvery = seconds(1);
const longestGap = seconds(2);

/**
 * Calls a node down when it has been silent for longer than it was granted. Time in which this server stood still, stopped
 * or short of its processor, does not count: who spoke then was not heard.
 */
export class Heartbeats implements LeaderDuty {
  readonly name = "heartbeats";
  readonly #tenure: Tenure;
  readonly #deadlines: HeartbeatDeadlines;
  readonly #alarm: Alarm;
  #lookedAt: Instant | undefined;

  constructor(tenure: Tenure) {
    this.#tenure = tenure;
    this.#deadlines = new HeartbeatDeadlines(tenure.runtime.random, { grace: tenure.config.heartbeatGrace });
    this.#alarm = new Alarm(tenure.runtime.clock);
    const deadline = later(tenure.runtime.clock.now(), failoverTTL);
    for (const node of tenure.state.view().nodes.all()) {
      if (node.Status !== "down") this.#deadlines.expectBy(node.ID, deadline);
    }
  }

  /** Nodes that are to be heard from again. */
  get watched(): number {
    return this.#deadlines.watched;
  }

  /** A node gave a sign of life; returns the time until its next must come. */
  heardFrom(node: NodeID): Duration {
    const { clock } = this.#tenure.runtime;
    this.#look(clock.now());
    const granted = this.#deadlines.heardFrom(node, clock.now());
    this.#alarm.setFor(later(clock.now(), granted));
    return granted;
  }

  /** The node is down or gone: nothing is expected of it. */
  forget(node: NodeID): void {
    this.#deadlines.forget(node);
  }

  async run(): Promise<void> {
    const { runtime, signal } = this.#tenure;
    while (!signal.aborted) {
      this.#look(runtime.clock.now());
      const missed = this.#deadlines.takeMissed(runtime.clock.now());
      for (let next = 0; next < missed.length && !signal.aborted; next += mostTogether) {
        await Promise.all(missed.slice(next, next + mostTogether).map((nodeID) => this.#callDown(nodeID)));
      }
      await this.#alarm.sleepUntil(this.#wakeAt(), signal);
    }
  }

  #wakeAt(): Instant | undefined {
    const earliest = this.#deadlines.earliest();
    // With nobody to miss nobody looks at the clock, and how long that lasts says nothing.
    if (earliest === undefined) this.#lookedAt = undefined;
    return earliest === undefined ? undefined : soonest(earliest, later(this.#tenure.runtime.clock.now(), lookEvery));
  }

  #look(now: Instant): void {
    const gap = between(this.#lookedAt ?? now, now);
    this.#lookedAt = now;
    if (gap < longestGap) return;
    this.#deadlines.excuse(gap, now);
    this.#tenure.runtime.log
      .named("nomad.heartbeat")
      .warn("this server stood still, nodes have so much longer", { gap: formatGoDuration(gap) });
  }

  /** A node that was heard from while others were called down is not missed any more. */
  async #callDown(nodeID: NodeID): Promise<void> {
    const { state, runtime, signal, config } = this.#tenure;
    const node = state.view().nodes.get(nodeID);
    if (this.#deadlines.expects(nodeID) || node === undefined || node.Status === "down") return;
    const log = runtime.log.named("nomad.heartbeat");
    log.warn(`node '${nodeID}' TTL expired`);
    const began = runtime.clock.now();
    try {
      await changeWithEvaluations({ state, random: runtime.random }, nodeID, (Evals) =>
        state.propose(nodeStatus, { NodeID: nodeID, Status: "down", Evals }),
      );
      runtime.metrics.time(invalidated, between(began, runtime.clock.now()));
    } catch (error) {
      if (signal.aborted) return;
      log.error("cannot mark node down, trying again", { nodeID, error });
      const retry = later(runtime.clock.now(), longer(config.heartbeatGrace, shortestRetry));
      this.#deadlines.expectBy(nodeID, retry);
    }
  }
}
