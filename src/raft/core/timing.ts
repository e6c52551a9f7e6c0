import { type Duration, milliseconds } from "../../base/index.ts";

/** How patient servers are. `heartbeatEvery` must be well below the other two. */
export interface RaftTiming {
  /** A leader is heard from by every peer at least this often. */
  readonly heartbeatEvery: Duration;
  /** News of what is committed waits so long for entries that carry it along. */
  readonly newsPatience: Duration;
  /** A follower campaigns after a silence of this length, or up to twice as long, by chance. */
  readonly electionTimeout: Duration;
  /** A leader that has not heard from a majority for this long steps down. At most `electionTimeout`. */
  readonly leaseTimeout: Duration;
}

/** For servers in one place: a leader's death is noticed after 0.5 to 1 s. */
export const DEFAULT_TIMING: RaftTiming = {
  heartbeatEvery: milliseconds(100),
  newsPatience: milliseconds(5),
  electionTimeout: milliseconds(500),
  leaseTimeout: milliseconds(500),
};
