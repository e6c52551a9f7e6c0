import { type Duration, milliseconds, minutes, seconds } from "../../base/index.ts";

/** The pace of the protocol. All members of a pool should keep one. */
export interface SwimTiming {
  readonly probeInterval: Duration;
  /** How long an answer to a probe may take before others are asked to try. */
  readonly probeTimeout: Duration;
  /** How many are asked. */
  readonly indirectChecks: number;
  /** A suspect has at least this many probe intervals to speak up; more in greater pools. */
  readonly suspicionMultiplier: number;
  /** How many times that it has at most, while nobody else suspects it. */
  readonly suspicionMaxFactor: number;
  readonly pushPullInterval: Duration;
  readonly gossipInterval: Duration;
  /** How many are told in each gossip interval. */
  readonly gossipNodes: number;
  /** For so long the dead are told too, so that one who is not can object; then they are forgotten. */
  readonly gossipToTheDead: Duration;
  /** Each rumour is sent so many times the logarithm of the pool's size. */
  readonly retransmitMultiplier: number;
  /** How many times slower a member may become that has reason to doubt itself. */
  readonly awarenessLimit: number;
  /** What an exchange over a connection may take. */
  readonly streamTimeout: Duration;
  /** After so long a dead member's name may be taken by one at another address; zero: never. */
  readonly deadReclaim: Duration;
}

/** For one datacenter: what Serf uses by default. */
export const LAN_TIMING: SwimTiming = {
  probeInterval: seconds(1),
  probeTimeout: milliseconds(500),
  indirectChecks: 3,
  suspicionMultiplier: 4,
  suspicionMaxFactor: 6,
  pushPullInterval: seconds(30),
  gossipInterval: milliseconds(200),
  gossipNodes: 3,
  gossipToTheDead: seconds(30),
  retransmitMultiplier: 4,
  awarenessLimit: 8,
  streamTimeout: seconds(10),
  deadReclaim: seconds(30),
};

/** For pools that span the world: what Nomad uses, also within a datacenter. */
export const WAN_TIMING: SwimTiming = {
  ...LAN_TIMING,
  probeInterval: seconds(5),
  probeTimeout: seconds(3),
  suspicionMultiplier: 6,
  pushPullInterval: minutes(1),
  gossipInterval: milliseconds(500),
  gossipNodes: 4,
  gossipToTheDead: minutes(1),
  streamTimeout: seconds(30),
};
