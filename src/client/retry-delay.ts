import { type Duration, type Random, seconds, shorter, times } from "../base/index.ts";

/** How long to wait between tries of something that fails: doubling from `first` to `longest`. */
export interface RetryPace {
  readonly first: Duration;
  readonly longest: Duration;
}

/** Up to this part of a delay is added at random, so that clients that failed together do not return together. */
const jitter = 0.5;

/** How long to wait after the `failures`th failure in a row, counted from 1. */
export function retryDelay(random: Random, pace: RetryPace, failures: number): Duration {
  const delay = shorter(times(pace.first, 2 ** Math.min(failures - 1, 30)), pace.longest);
  return times(delay, 1 + random.fraction() * jitter);
}

/** Uniform between nothing and `longest`. */
export function upTo(random: Random, longest: Duration): Duration {
  return times(longest, random.fraction());
}

/** What a client waits for, in dev mode and otherwise. Source: Nomad 0.4.1's client; first retries come sooner here. */
export interface ClientPaces {
  readonly registration: RetryPace;
  readonly firstHeartbeatWithin: Duration;
  readonly heartbeat: RetryPace;
  readonly allocations: RetryPace;
  readonly reports: RetryPace;
  /** Changes of the node are gathered for so long before it is registered anew. */
  readonly nodeChanges: Duration;
}

/** In dev mode there is one server and one user, who waits. */
export function clientPaces(options: { readonly dev: boolean }): ClientPaces {
  return options.dev
    ? {
        registration: { first: seconds(0.05), longest: seconds(1) },
        firstHeartbeatWithin: seconds(0),
        heartbeat: { first: seconds(0.1), longest: seconds(1) },
        allocations: { first: seconds(0.05), longest: seconds(1) },
        reports: { first: seconds(0.2), longest: seconds(1) },
        nodeChanges: seconds(5),
      }
    : {
        registration: { first: seconds(1), longest: seconds(20) },
        firstHeartbeatWithin: seconds(10),
        heartbeat: { first: seconds(1), longest: seconds(20) },
        allocations: { first: seconds(1), longest: seconds(40) },
        reports: { first: seconds(1), longest: seconds(7) },
        nodeChanges: seconds(5),
      };
}
