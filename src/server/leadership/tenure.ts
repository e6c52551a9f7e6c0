import type { ServerConfig } from "../config.ts";
import type { ReplicatedState } from "../replicated-state.ts";
import type { ServerRuntime } from "../server-runtime.ts";

/** One time of being the leader, from the first barrier to the loss. Built anew for each, so nothing stale survives. */
export interface Tenure {
  readonly term: number;
  /** Fires when leadership ends. */
  readonly signal: AbortSignal;
  readonly state: ReplicatedState;
  readonly runtime: ServerRuntime;
  readonly config: ServerConfig;
}

/** Work that exactly one server does. `run` returns when the tenure's signal fires. */
export interface LeaderDuty {
  readonly name: string;
  run(): Promise<void>;
}
