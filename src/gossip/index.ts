export type {
  Gossip,
  GossipMember,
  GossipOptions,
  KeyReport,
  PoolEvent,
  PoolKeys,
  QueryOptions,
  QueryResult,
} from "./gossip.ts";
export { startGossip } from "./gossip-host.ts";
export { KeyRefused, Keyring } from "./keyring.ts";
export type { MemberStatus } from "./serf/roster.ts";
export { type Candidate, NOMAD_SERF_TIMING, type SerfTiming, TooLarge } from "./serf/serf.ts";
export { TagsTooLong } from "./serf/tags.ts";
export { LAN_TIMING, type SwimTiming, WAN_TIMING } from "./swim/timing.ts";
