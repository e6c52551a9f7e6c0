import {
  DeadlineQueue,
  type Duration,
  type Instant,
  later,
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
