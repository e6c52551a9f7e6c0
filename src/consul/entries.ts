import type { Duration } from "../base/index.ts";

/** How a check fares, in Consul's words. */
export type CheckStatus = "passing" | "warning" | "critical";

/** A check as Consul is to have it: it asks by itself, or is told by somebody within every `ttl`. */
export interface CheckEntry {
  readonly id: string;
  readonly name: string;
  readonly how:
    | { readonly kind: "http"; readonly url: string; readonly interval: Duration; readonly timeout: Duration }
    | { readonly kind: "tcp"; readonly address: string; readonly interval: Duration; readonly timeout: Duration }
    | { readonly kind: "ttl"; readonly ttl: Duration };
  /** As which it begins; empty leaves that to Consul, which begins with critical. */
  readonly status: () => string;
}

/** A service as Consul is to have it. */
export interface ServiceEntry {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  /** Empty means the address of Consul's agent. */
  readonly address: string;
  readonly port: number;
  readonly meta: Readonly<Record<string, string>>;
  readonly checks: readonly CheckEntry[];
}

/** A service as Consul's agent has it. */
export interface KnownService {
  readonly name: string;
  readonly tags: readonly string[];
  readonly address: string;
  readonly port: number;
  /** Undefined where Consul is too old to keep any. */
  readonly meta: Readonly<Record<string, string>> | undefined;
}
