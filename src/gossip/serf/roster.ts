import { between, type Duration, type Instant, minutes } from "../../base/index.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Outbox } from "../outbox.ts";
import type { LamportTime } from "../wire/serf-messages.ts";
import type { NodeDescription, Versions } from "../wire/swim-messages.ts";
import { Unreadable } from "../wire/unreadable.ts";
import { decodeTags, type Tags } from "./tags.ts";

export type MemberStatus = "alive" | "leaving" | "left" | "failed";

/** A member as Serf sees it. */
export interface SerfMember extends Endpoint {
  readonly name: string;
  readonly tags: Tags;
  readonly versions: Versions;
  readonly status: MemberStatus;
  /** When its status was last changed by an intent. */
  readonly statusTime: LamportTime;
  /** Since when it is gone, if it is. */
  readonly goneSince: Instant | undefined;
}

/** What was said about a member before we knew it. */
interface EarlyIntent {
  readonly kind: "join" | "leave";
  readonly time: LamportTime;
  readonly heardAt: Instant;
}

export interface RosterTiming {
  /** How long failed members are kept, and tried again. */
  readonly reconnectTimeout: Duration;
  /** How long members that left are remembered. */
  readonly tombstoneTimeout: Duration;
}

const INTENT_EXPIRY = minutes(5);
/** Who fails and is here again within this time flaps. */
const FLAP_TIME = minutes(1);
/** Of more, the oldest are forgotten. */
const MAX_EARLY_INTENTS = 4_096;

/**
 * The members and whether each is here, leaves, has left or failed. SWIM says who answers; intents say who wants to
 * join or leave; together they tell a goodbye from a failure.
 */
export class Roster {
  readonly #outbox: Outbox;
  readonly #timing: RosterTiming;
  readonly #members = new Map<string, SerfMember>();
  readonly #early = new Map<string, EarlyIntent>();

  constructor(outbox: Outbox, timing: RosterTiming) {
    this.#outbox = outbox;
    this.#timing = timing;
  }

  all(): readonly SerfMember[] {
    return [...this.#members.values()];
  }

  get(name: string): SerfMember | undefined {
    return this.#members.get(name);
  }

  /** Those with this status. */
  having(status: MemberStatus): readonly SerfMember[] {
    return this.all().filter((member) => member.status === status);
  }

  /** SWIM hears from a member that was unknown or gone. */
  joined(now: Instant, node: NodeDescription): void {
    const known = this.#members.get(node.name);
    if (known?.status === "failed" && known.goneSince !== undefined && between(known.goneSince, now) < FLAP_TIME) {
      this.#outbox.count({ kind: "flap" });
    }
    const early = known === undefined ? this.#early.get(node.name) : undefined;
    this.#early.delete(node.name);
    const member: SerfMember = {
      ...described(node, known?.tags),
      status: early?.kind === "leave" ? "leaving" : "alive",
      statusTime: known?.statusTime ?? early?.time ?? 0,
      goneSince: undefined,
    };
    this.#members.set(node.name, member);
    this.#outbox.tell({ kind: "join", member });
  }

  /** SWIM has given a member up, or heard its goodbye. */
  gone(now: Instant, node: NodeDescription): void {
    const member = this.#members.get(node.name);
    if (member?.status === "leaving") this.#change("leave", { ...member, status: "left", goneSince: now });
    else if (member?.status === "alive") this.#change("failed", { ...member, status: "failed", goneSince: now });
  }

  updated(node: NodeDescription): void {
    const member = this.#members.get(node.name);
    if (member !== undefined) this.#change("update", { ...member, ...described(node, member.tags) });
  }

  /** Somebody joined at `time`. Whether that was news. */
  hearJoin(now: Instant, name: string, time: LamportTime): boolean {
    const member = this.#members.get(name);
    if (member === undefined) return this.#remember(name, { kind: "join", time, heardAt: now });
    if (time <= member.statusTime) return false;
    const status = member.status === "leaving" ? "alive" : member.status;
    this.#members.set(name, { ...member, statusTime: time, status });
    return true;
  }

  /** Somebody means to leave, or is sent away, at `time`. Whether that was news. */
  hearLeave(now: Instant, name: string, time: LamportTime): boolean {
    const member = this.#members.get(name);
    if (member === undefined) return this.#remember(name, { kind: "leave", time, heardAt: now });
    if (time <= member.statusTime) return false;
    if (member.status === "failed") {
      const gone: SerfMember = { ...member, status: "left", statusTime: time, goneSince: now };
      this.#members.set(name, gone);
      this.#outbox.tell({ kind: "leave", member: gone, forced: true });
    } else {
      const status = member.status === "alive" ? "leaving" : member.status;
      this.#members.set(name, { ...member, status, statusTime: time });
    }
    return true;
  }

  /** Forgets a member at once. */
  erase(name: string): void {
    const member = this.#members.get(name);
    if (member === undefined) return;
    this.#members.delete(name);
    this.#outbox.tell({ kind: "reap", member });
  }

  /** Forgets who has been gone for too long, and what was said about strangers long ago. */
  reap(now: Instant): void {
    const { reconnectTimeout, tombstoneTimeout } = this.#timing;
    for (const member of this.all()) {
      if (member.goneSince === undefined) continue;
      const kept = member.status === "failed" ? reconnectTimeout : tombstoneTimeout;
      if (between(member.goneSince, now) > kept) this.erase(member.name);
    }
    for (const [name, { heardAt }] of this.#early) {
      if (between(heardAt, now) > INTENT_EXPIRY) this.#early.delete(name);
    }
  }

  #change(kind: "leave" | "failed" | "update", member: SerfMember): void {
    this.#members.set(member.name, member);
    this.#outbox.tell({ kind, member });
  }

  #remember(name: string, intent: EarlyIntent): boolean {
    const known = this.#early.get(name);
    if (known !== undefined && known.time >= intent.time) return false;
    this.#early.delete(name);
    this.#early.set(name, intent);
    if (this.#early.size > MAX_EARLY_INTENTS) this.#early.delete(this.#early.keys().next().value as string);
    return true;
  }
}

/** Tags that cannot be read leave those known before. */
function described(
  node: NodeDescription,
  tagsBefore: Tags | undefined,
): Omit<SerfMember, "status" | "statusTime" | "goneSince"> {
  const { name, ip, port, versions, meta } = node;
  try {
    return { name, ip, port, versions, tags: decodeTags(meta) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { name, ip, port, versions, tags: tagsBefore ?? decodeTags(new Uint8Array()) };
  }
}
