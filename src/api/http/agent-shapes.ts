import type { Member } from "../../model/index.ts";

/** What an agent says of itself. `stats` are sections of names and printed values. */
export interface AgentSelf {
  readonly config: unknown;
  readonly member: Member;
  readonly stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** How `/v1/agent/members` answers newer programs. */
export interface ServerMembers {
  readonly ServerName: string;
  readonly ServerRegion: string;
  readonly ServerDC: string;
  readonly Members: readonly Member[];
}

export interface JoinResult {
  readonly num_joined: number;
  readonly error: string;
}

/** What servers say of their gossip keys, or of a change of them. */
export interface GossipKeys {
  /** What servers had to say, by their names. */
  readonly Messages: Readonly<Record<string, string>>;
  /** Of a list: how many servers have each key, by the key in base64. */
  readonly Keys: Readonly<Record<string, number>>;
  /** How many servers there are. */
  readonly NumNodes: number;
}

/** Whether each half of the agent does its work; a half that the agent does not have is absent. */
export interface AgentHealth {
  readonly client?: { readonly ok: boolean; readonly message: string };
  readonly server?: { readonly ok: boolean; readonly message: string };
}

/** What is measured in an agent: of the last ten seconds that are over, and the gauges as they are now. */
export interface MetricsSummary {
  /** When those ten seconds began: `2026-11-22 09:07:50 +0000 UTC`. */
  readonly Timestamp: string;
  readonly Gauges: readonly { readonly Name: string; readonly Value: number; readonly Labels: MetricLabels }[];
  readonly Points: readonly { readonly Name: string; readonly Points: readonly number[] }[];
  readonly Counters: readonly SampledValue[];
  /** Of timers, in milliseconds. */
  readonly Samples: readonly SampledValue[];
}

export interface SampledValue {
  readonly Name: string;
  readonly Count: number;
  /** The sum, for each second. */
  readonly Rate: number;
  readonly Sum: number;
  readonly Min: number;
  readonly Max: number;
  readonly Mean: number;
  readonly Stddev: number;
  readonly Labels: MetricLabels;
}

type MetricLabels = Readonly<Record<string, string>>;
