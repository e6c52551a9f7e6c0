import type { PoolKeys } from "../../gossip/index.ts";
import type { Member } from "../../model/index.ts";

/** The servers this one knows of, itself included, by gossip. */
export interface Membership {
  members(): readonly Member[];
  /** The keys that all servers encrypt their gossip with; undefined where it is not encrypted. */
  readonly keys: PoolKeys | undefined;
  /** Names of the regions with a known server, sorted. */
  regions(): readonly string[];
  /** Contacts servers by address; resolves with how many answered, and why others did not. */
  join(addresses: readonly string[]): Promise<{ readonly joined: number; readonly error: string }>;
  /** Declares a failed server gone for good. Of a name nobody knows, nothing happens. */
  forceLeave(name: string): Promise<void>;
  /** Says goodbye to the others, who then do not wait for this server. */
  leave(): Promise<void>;
  /** Takes no further part. */
  close(): void | Promise<void>;
  /** Counters that `agent-info` prints under `serf`. */
  statistics(): Readonly<Record<string, string>>;
}
