import type { Duration } from "../base/index.ts";
import type { Keyring } from "./keyring.ts";
import type { MemberStatus } from "./serf/roster.ts";
import type { Candidate, SerfTiming } from "./serf/serf.ts";
import type { Tags } from "./serf/tags.ts";
import type { SwimTiming } from "./swim/timing.ts";

/** A member with the names of Nomad's public data model. */
export interface GossipMember {
  readonly Name: string;
  readonly Addr: string;
  /** Where it gossips. */
  readonly Port: number;
  readonly Tags: Tags;
  readonly Status: MemberStatus;
  readonly ProtocolMin: number;
  readonly ProtocolMax: number;
  readonly ProtocolCur: number;
  readonly DelegateMin: number;
  readonly DelegateMax: number;
  readonly DelegateCur: number;
}

/** What a member of the pool is told, in order. */
export type PoolEvent =
  | { readonly kind: "join" | "leave" | "failed" | "update" | "reap"; readonly member: GossipMember }
  | { readonly kind: "user"; readonly name: string; readonly payload: Uint8Array; readonly coalesce: boolean }
  /** Somebody asks. `answer` may be called once, with at most 1024 bytes; it throws `TooLarge`. */
  | {
      readonly kind: "query";
      readonly name: string;
      readonly payload: Uint8Array;
      answer(payload: Uint8Array): void;
    };

export interface GossipOptions {
  /** Unique in the pool. */
  readonly name: string;
  /** `host:port` to listen on, by UDP and TCP. Port 0 takes a free one. */
  readonly bind: string;
  /** `ip:port` where others find us; by default what is bound. */
  readonly advertise?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** By default `WAN_TIMING`, as in Nomad. */
  readonly timing?: SwimTiming;
  readonly serfTiming?: SerfTiming;
  /** With it, all that is sent is encrypted and nothing else is taken. */
  readonly keyring?: Keyring;
  /** Where to remember the pool; nowhere by default. */
  readonly snapshotPath?: string;
  /** Whether to come back at the start, from the snapshot, after having left; by default so, as in Nomad. */
  readonly rejoinAfterLeave?: boolean;
  /** For addresses without a port; by default our own. */
  readonly defaultPort?: number;
  /** Why a member is not welcome; undefined if it is. By default all are. */
  readonly objection?: (candidate: Candidate) => string | undefined;
  /** Called from the start on, also for our own joining. Must not throw. */
  readonly onEvent?: (event: PoolEvent) => void;
  /**
   * Keeps the keys as they shall be from now on, before they are. When it rejects they stay as they are, and whoever
   * wanted them changed is told why. By default they last as long as the member.
   */
  readonly keepKeys?: (changed: Keyring) => Promise<void>;
}

export interface QueryOptions {
  readonly payload?: Uint8Array;
  /** Only these members; by default all. */
  readonly nodes?: readonly string[];
  /** By default what the size of the pool asks for. */
  readonly timeout?: Duration;
  /** After so many answers no more are waited for. */
  readonly enoughAnswers?: number;
}

export interface QueryResult {
  /** Who was reached. */
  readonly acknowledged: readonly string[];
  readonly answers: ReadonlyMap<string, Uint8Array>;
}

/** What became of a change of keys, or who has which. */
export interface KeyReport {
  /** How many members there are, and how many have answered. */
  readonly members: number;
  readonly answers: number;
  /** What members could not do, by name. */
  readonly problems: ReadonlyMap<string, string>;
  /** Of a list: how many members have each key, in base64. */
  readonly keys: ReadonlyMap<string, number>;
  readonly primaryKeys: ReadonlyMap<string, number>;
}

/** The keys of the whole pool. */
export interface PoolKeys {
  list(): Promise<KeyReport>;
  install(key: Uint8Array): Promise<KeyReport>;
  use(key: Uint8Array): Promise<KeyReport>;
  remove(key: Uint8Array): Promise<KeyReport>;
}

/** Our membership in a pool. */
export interface Gossip {
  /** `ip:port` where others find us. */
  readonly address: string;
  /** All members known, ourselves, the failed and the left included. */
  members(): readonly GossipMember[];
  /** Contacts members by `host`, `host:port` or `name/host:port`. How many answered, and why others did not. Never rejects. */
  join(addresses: readonly string[]): Promise<{ readonly joined: number; readonly error: string }>;
  /** Says goodbye; resolves when others have had time to hear it, after about ten seconds at most. */
  leave(): Promise<void>;
  /** Declares a failed member gone for good; with `prune` it is forgotten. Of a name nobody knows, nothing happens. */
  forceLeave(name: string, options?: { readonly prune?: boolean }): void;
  /** Throws `TagsTooLong`. */
  setTags(tags: Readonly<Record<string, string>>): void;
  /** Tells all members, ourselves too. Throws `TooLarge` beyond 512 bytes. */
  sendEvent(name: string, payload: Uint8Array, options?: { readonly coalesce?: boolean }): void;
  /** Asks all members, ourselves too; resolves when the time is up or there are answers enough. Rejects with `TooLarge`. */
  query(name: string, options?: QueryOptions): Promise<QueryResult>;
  readonly keys: PoolKeys;
  /** What `agent-info` prints under `serf`. */
  statistics(): Readonly<Record<string, string>>;
  /** Takes no further part; without `leave` before, others will see a failure. Resolves when all is closed. */
  close(): Promise<void>;
}
