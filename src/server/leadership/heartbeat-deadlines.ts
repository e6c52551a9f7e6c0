import {
  DeadlineQueue,
  type Duration,
  type Instant,
  later,
  latest,
  longer,
  type Random,
  seconds,
  times,
} from "../../base/index.ts";
import type { NodeID } from "../../model/index.ts";

const shortestTTL = seconds(10);
const heartbeatsPerSecond = 50;
/** What every node has after a change of leader: none is blamed for the gap. */
export const failoverTTL = seconds(300);

/** A client whose calls were not answered waits for so long at most before it tries again, and a little longer. */
const longestReturn = seconds(40);

/** When each node must be heard from again. Holds no timer: its owner asks. */
export class HeartbeatDeadlines {
  readonly #deadlines = new DeadlineQueue<NodeID>();
  readonly #random: Random;
  readonly #grace: Duration;

  constructor(random: Random, options: { readonly grace: Duration }) {
    this.#random = random;
    this.#grace = options.grace;
  }

  /** Nodes that are to be heard from again. */
  get watched(): number {
    return this.#deadlines.size;
  }

  /**
   * Grants a node its time until the next heartbeat: ten seconds or, with many nodes, as long as keeps the sum at
   * fifty heartbeats a second; and a random part up to the same, so that nodes do not come in step.
   */
  heardFrom(node: NodeID, now: Instant): Duration {
    const base = longer(shortestTTL, seconds(this.#deadlines.size / heartbeatsPerSecond));
    const granted = times(base, 1 + this.#random.fraction());
    this.#deadlines.set(node, later(later(now, granted), this.#grace));
    return granted;
  }

  /** Gives a node until `deadline` without having heard from it. */
  expectBy(node: NodeID, deadline: Instant): void {
    this.#deadlines.set(node, deadline);
  }

  /**
   * Nobody could be heard for `silence`, until now: it counts for no node. If it was so long that nodes may have given up
   * and wait before they try again, each has the time for that.
   */
  excuse(silence: Duration, now: Instant): void {
    const returned = silence < shortestTTL ? now : later(now, longestReturn);
    this.#deadlines.move((deadline) => latest(later(deadline, silence), returned));
  }

  /** True if the node is to be heard from again. */
  expects(node: NodeID): boolean {
    return this.#deadlines.has(node);
  }

  /** Expects nothing of a node any more. */
  forget(node: NodeID): void {
    this.#deadlines.delete(node);
  }

  /** When the first node will be missed; undefined if nothing is expected. */
  earliest(): Instant | undefined {
    return this.#deadlines.earliest();
  }

  /** Removes and returns the nodes whose time is up, longest overdue first. */
  takeMissed(now: Instant): NodeID[] {
    return this.#deadlines.takeUntil(now);
  }
}
