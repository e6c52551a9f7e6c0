import {
  type Core,
  type Duration,
  type Instant,
  later,
  type Random,
  seconds,
  times,
  unreachable,
} from "../../base/index.ts";
import { type Endpoint, formatEndpoint } from "../endpoint.ts";
import type { GossipInput, QueryWish } from "../gossip-input.ts";
import { type GossipEffects, Outbox } from "../outbox.ts";
import { Broadcasts } from "../swim/broadcasts.ts";
import { Swim } from "../swim/swim.ts";
import type { SwimUser } from "../swim/swim-user.ts";
import type { SwimTiming } from "../swim/timing.ts";
import type { PushPullState } from "../wire/push-pull.ts";
import {
  decodeSerfMessage,
  encodeSerfMessage,
  type LamportTime,
  type QueryMessage,
  type SerfMessage,
  type SerfState,
  type UserEvent,
} from "../wire/serf-messages.ts";
import { MESSAGE, type NodeDescription, type Versions } from "../wire/swim-messages.ts";
import { Unreadable } from "../wire/unreadable.ts";
import { type Departure, departureDeadline, intentPhase } from "./departure.ts";
import { keyOperation } from "./key-messages.ts";
import { LamportClock } from "./lamport-clock.ts";
import { encodeNameFilter } from "./name-filter.ts";
import { isMeantFor, Queries } from "./queries.ts";
import { Recent } from "./recent.ts";
import { Roster, type RosterTiming, type SerfMember } from "./roster.ts";
import { decodeTags, encodeTags, type Tags } from "./tags.ts";

/** Serf's own pace, besides that of SWIM. */
export interface SerfTiming extends RosterTiming {
  /** How long a part of leaving may take. */
  readonly broadcastTimeout: Duration;
  /** How long to stay once the goodbye is said, so that it travels. */
  readonly leavePropagateDelay: Duration;
  readonly reapInterval: Duration;
  readonly reconnectInterval: Duration;
}

/** What others may know of a newcomer before it is welcome. */
export type Candidate = Pick<SerfMember, "name" | "ip" | "port" | "tags">;

export interface SerfOptions extends Endpoint {
  readonly name: string;
  readonly tags: Tags;
  readonly swimTiming: SwimTiming;
  readonly serfTiming: SerfTiming;
  readonly packetBytes: number;
  /** Where the clocks stood in an earlier life; zeros in the first. */
  readonly clocks: SerfClocks;
  /** Why a member is not welcome; undefined if it is. */
  readonly objection: (candidate: Candidate) => string | undefined;
}

/** Three Lamport clocks: of joins and leaves, of user events, of queries. */
export interface SerfClocks {
  readonly member: LamportTime;
  readonly event: LamportTime;
  readonly query: LamportTime;
}

/** The versions we speak: they suit the members of Nomad 0.4.1 as well as today's Serf. */
export const OUR_VERSIONS: Versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCurrent: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCurrent: 4,
};

/** A user event or query, or an answer, is greater than members take. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

const MAX_EVENT_BYTES = 512;
const MAX_QUERY_BYTES = 1_024;
const MAX_QUEUED = 4_096;
const INTERNAL_QUERY = "_serf_";
/** From here on members hand on what is addressed to others. */
const RELAY_SINCE = 5;
/** Through more others than this no answer is sent, whatever the asker wishes. */
const MAX_RELAYS = 3;

/**
 * A member of a pool, as a value: Serf on top of SWIM. It knows who joins and leaves by intent and who failed, spreads
 * tags, user events and queries, tries again to reach the failed and forgets who is long gone.
 * Source: the protocol of Serf 0.7 to 0.9.
 */
export class Serf implements Core<GossipInput, GossipEffects> {
  readonly #options: SerfOptions;
  readonly #random: Random;
  readonly #outbox = new Outbox();
  readonly #roster: Roster;
  readonly #swim: Swim;
  readonly #intents = new Broadcasts(MAX_QUEUED);
  readonly #queryQueue = new Broadcasts(MAX_QUEUED);
  readonly #eventQueue = new Broadcasts(MAX_QUEUED);
  readonly #memberClock: LamportClock;
  readonly #eventClock: LamportClock;
  readonly #queryClock: LamportClock;
  readonly #events: Recent<UserEvent>;
  readonly #seenQueries: Recent<number>;
  readonly #queries: Queries;
  /** To be forgotten, once their goodbye has had time to travel. */
  readonly #prune = new Map<string, Instant>();
  #departure: Departure | undefined;
  #reapAt: Instant;
  #reconnectAt: Instant;

  constructor(now: Instant, random: Random, options: SerfOptions) {
    const { clocks, serfTiming, name, ip, port, tags, swimTiming: timing, packetBytes } = options;
    this.#options = options;
    this.#random = random;
    this.#roster = new Roster(this.#outbox, serfTiming);
    this.#queries = new Queries(this.#outbox);
    this.#memberClock = new LamportClock(clocks.member);
    this.#eventClock = new LamportClock(clocks.event);
    this.#queryClock = new LamportClock(clocks.query);
    this.#events = new Recent(clocks.event > 0 ? clocks.event + 1 : 0, isSameEvent);
    this.#seenQueries = new Recent(clocks.query > 0 ? clocks.query + 1 : 0, (a, b) => a === b);
    this.#reapAt = later(now, serfTiming.reapInterval);
    this.#reconnectAt = later(now, serfTiming.reconnectInterval);
    const node = { name, ip, port, meta: encodeTags(tags), versions: OUR_VERSIONS };
    const swimParts = { random, outbox: this.#outbox, user: this.#asSwimUser() };
    this.#swim = new Swim(now, swimParts, { node, timing, packetBytes });
  }

  members(): readonly SerfMember[] {
    return this.#roster.all();
  }

  member(name: string): SerfMember | undefined {
    return this.#roster.get(name);
  }

  /** What the clocks have seen, for a later life. */
  clocks(): SerfClocks {
    const seen = (clock: LamportClock) => clock.time - 1;
    return { member: seen(this.#memberClock), event: seen(this.#eventClock), query: seen(this.#queryClock) };
  }

  /** All we know, for a peer. */
  state(options: { readonly join: boolean }): PushPullState {
    return this.#swim.state(options);
  }

  /** How many messages of each kind wait to be told to others. */
  queueDepths(): Readonly<Record<"Event" | "Intent" | "Query", number>> {
    return { Event: this.#eventQueue.size, Intent: this.#intents.size, Query: this.#queryQueue.size };
  }

  /** 0 while this member keeps up; more, the later it is with what it owes others. */
  get healthScore(): number {
    return this.#swim.healthScore;
  }

  /** Figures by the names under which `agent-info` shows them. */
  statistics(): Readonly<Record<string, number>> {
    return {
      event_queue: this.#eventQueue.size,
      event_time: this.#eventClock.time,
      failed: this.#roster.having("failed").length,
      health_score: this.#swim.healthScore,
      intent_queue: this.#intents.size,
      left: this.#roster.having("left").length,
      member_time: this.#memberClock.time,
      members: this.#roster.all().length,
      query_queue: this.#queryQueue.size,
      query_time: this.#queryClock.time,
    };
  }

  wakeAt(): Instant {
    const due = [
      this.#swim.wakeAt(),
      this.#reapAt,
      this.#reconnectAt,
      this.#queries.wakeAt(),
      departureDeadline(this.#departure),
      ...this.#prune.values(),
    ];
    return Math.min(...due.filter((when) => when !== undefined)) as Instant;
  }

  /** Throws `TooLarge` and `TagsTooLong` for wishes of our own user that cannot be met; never for what peers send. */
  step(now: Instant, input: GossipInput): GossipEffects {
    const refusal = this.#take(now, input);
    this.#depart(now);
    return this.#outbox.take(refusal);
  }

  #take(now: Instant, input: GossipInput): string | undefined {
    switch (input.kind) {
      case "wake":
        this.#wake(now);
        return undefined;
      case "received":
        for (const message of input.messages) this.#swim.received(now, input.from, message);
        return undefined;
      case "streamAnswered":
        this.#swim.answersOverStream(now, input.sequence);
        return undefined;
      case "merge":
        return this.#merge(now, input.state, input);
      case "joined":
        this.#announceSelf(now, this.#memberClock.time);
        return undefined;
      case "leave":
        this.#leave(now);
        return undefined;
      case "forceLeave":
        this.#forceLeave(now, input);
        return undefined;
      case "setTags":
        this.#swim.setMeta(now, encodeTags(input.tags));
        return undefined;
      case "sendEvent":
        this.#sendEvent(input);
        return undefined;
      case "sendQuery":
        this.#sendQuery(now, input.query, input);
        return undefined;
      case "answer":
        this.#answer(input);
        return undefined;
      default:
        return unreachable(input);
    }
  }

  #asSwimUser(): SwimUser {
    return {
      joined: (now, node) => this.#roster.joined(now, node),
      left: (now, node) => this.#roster.gone(now, node),
      updated: (_, node) => this.#roster.updated(node),
      received: (now, payload, from) => this.#received(now, payload, from),
      objection: (nodes) => this.#objection(nodes),
      broadcasts: (room) => this.#broadcasts(room),
      state: () => encodeSerfMessage({ kind: "state", state: this.#serfState() }),
    };
  }

  #wake(now: Instant): void {
    this.#swim.wake(now);
    this.#queries.wake(now);
    for (const [name, when] of this.#prune) {
      if (now < when) continue;
      this.#prune.delete(name);
      this.#roster.erase(name);
    }
    if (now >= this.#reapAt) {
      this.#reapAt = later(now, this.#options.serfTiming.reapInterval);
      this.#roster.reap(now);
    }
    if (now >= this.#reconnectAt) {
      this.#reconnectAt = later(now, this.#options.serfTiming.reconnectInterval);
      this.#reconnect();
    }
  }

  /** Tries one of the failed again, the likelier the more there are. */
  #reconnect(): void {
    const failed = this.#roster.having("failed");
    const alive = this.#roster.all().length - failed.length - this.#roster.having("left").length;
    if (failed.length === 0 || this.#random.fraction() > failed.length / Math.max(1, alive)) return;
    const { name, ip, port } = failed[this.#random.below(failed.length)] as SerfMember;
    this.#outbox.note({ kind: "reconnecting", node: name, to: { ip, port } });
    this.#outbox.exchange({ kind: "pushPull", to: { ip, port }, name, join: true });
  }

  #objection(nodes: readonly NodeDescription[]): string | undefined {
    for (const { name, ip, port, meta } of nodes) {
      try {
        const reason = this.#options.objection({ name, ip, port, tags: decodeTags(meta) });
        if (reason !== undefined) return reason;
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        return `tags of member '${name}' cannot be read: ${error.message}`;
      }
    }
    return undefined;
  }

  #broadcasts(room: Parameters<SwimUser["broadcasts"]>[0]): readonly Uint8Array[] {
    const taken: Uint8Array[] = [];
    let { budgetBytes, most } = room;
    const limit = this.#swim.retransmitLimit;
    for (const queue of [this.#intents, this.#queryQueue, this.#eventQueue]) {
      const messages = queue.take({ budgetBytes, overheadBytes: room.overheadBytes, most, limit });
      taken.push(...messages);
      most -= messages.length;
      for (const { length } of messages) {
        budgetBytes -= length + room.overheadBytes;
        this.#outbox.count({ kind: "told", bytes: length });
      }
    }
    return taken;
  }

  #received(now: Instant, payload: Uint8Array, from: Endpoint): void {
    this.#outbox.count({ kind: "heard", bytes: payload.length });
    try {
      this.#hear(now, decodeSerfMessage(payload), from);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#outbox.note({ kind: "unreadable", from: formatEndpoint(from), problem: error.message });
    }
  }

  #hear(now: Instant, message: SerfMessage, from: Endpoint): void {
    switch (message.kind) {
      case "leave":
        if (this.#hearLeave(now, message)) this.#spread(this.#intents, message);
        return;
      case "join":
        this.#memberClock.witness(message.time);
        if (this.#roster.hearJoin(now, message.node, message.time)) this.#spread(this.#intents, message);
        return;
      case "event":
        if (this.#hearEvent(message.event)) this.#spread(this.#eventQueue, message);
        return;
      case "query":
        if (this.#hearQuery(now, message.query, from) && !message.query.noRebroadcast)
          this.#spread(this.#queryQueue, message);
        return;
      case "response":
        this.#queries.heard(message.response);
        return;
      case "relay":
        // Only to members: nobody shall turn us on a stranger.
        if (this.#swim.isLiveAt(message.to)) this.#swim.sendUser(message.to, message.message);
        return;
      case "state":
        throw new Unreadable("state outside of a push/pull");
      default:
        unreachable(message);
        return;
    }
  }

  /** Whether it is to be spread further. */
  #hearLeave(now: Instant, intent: Extract<SerfMessage, { kind: "leave" }>): boolean {
    this.#memberClock.witness(intent.time);
    const { node, time, prune } = intent;
    const member = this.#roster.get(node);
    if (node === this.#options.name && this.#departure === undefined && time > (member?.statusTime ?? 0)) {
      this.#outbox.note({ kind: "intentRefuted" });
      this.#announceSelf(now, this.#memberClock.time);
      return false;
    }
    const isNews = this.#roster.hearLeave(now, node, time);
    if (isNews && prune) this.#pruneLater(now, node);
    return isNews;
  }

  #pruneLater(now: Instant, node: string): void {
    const { broadcastTimeout, leavePropagateDelay } = this.#options.serfTiming;
    const member = this.#roster.get(node);
    if (member?.status === "leaving") this.#prune.set(node, later(later(now, broadcastTimeout), leavePropagateDelay));
    else if (member?.status === "left") this.#roster.erase(node);
  }

  #hearEvent(event: UserEvent): boolean {
    this.#eventClock.witness(event.time);
    if (!this.#events.add(event.time, event, this.#eventClock.time)) return false;
    this.#outbox.tell({ kind: "user", ...event });
    return true;
  }

  #hearQuery(now: Instant, query: QueryMessage, from: Endpoint): boolean {
    this.#queryClock.witness(query.time);
    if (!this.#seenQueries.add(query.time, query.id, this.#queryClock.time)) return false;
    const own = this.#roster.get(this.#options.name);
    try {
      if (!isMeantFor(query.filters, this.#options.name, own?.tags ?? {})) return true;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#outbox.note({ kind: "unreadable", from: formatEndpoint(from), problem: error.message });
      return true;
    }
    if (query.wantsAck) this.#respond(query, { isAck: true, payload: new Uint8Array() });
    this.#ask(now, query);
    return true;
  }

  /** Hands a question to our host. Also one about keys: its answer has to wait until they are on disk. */
  #ask(now: Instant, message: QueryMessage): void {
    const { name, payload, timeoutNanoseconds } = message;
    const operation = isInternal(message) ? keyOperation(name.slice(INTERNAL_QUERY.length)) : undefined;
    if (isInternal(message) && operation === undefined) return;
    const query = this.#queries.hold(now, message);
    if (query === undefined) return;
    if (operation !== undefined) this.#outbox.tell({ kind: "keyQuery", query, operation, payload });
    else this.#outbox.tell({ kind: "query", query, name, payload, timeoutNanoseconds });
  }

  /** A list of keys may be as long as it is; the limit is for users. */
  #answer({ query, payload }: { readonly query: number; readonly payload: Uint8Array }): void {
    const asked = this.#queries.held(query);
    if (asked === undefined) return;
    const isTooLarge = payload.length > MAX_QUERY_BYTES && !isInternal(asked);
    if (isTooLarge) throw new TooLarge(`response exceeds limit of ${MAX_QUERY_BYTES} bytes`);
    this.#queries.release(query);
    this.#respond(asked, { isAck: false, payload });
  }

  #respond(query: QueryMessage, answer: { readonly isAck: boolean; readonly payload: Uint8Array }): void {
    const response = { time: query.time, id: query.id, from: this.#options.name, ...answer };
    const message = encodeSerfMessage({ kind: "response", response });
    if (query.askerName === this.#options.name) {
      this.#queries.heard(response);
      return;
    }
    this.#swim.sendUser(query.asker, message);
    const relays = Math.min(query.relayFactor, MAX_RELAYS);
    const relayed = encodeSerfMessage({ kind: "relay", to: query.asker, name: query.askerName, message });
    for (const other of relays > 0 ? this.#swim.pickLive(relays, RELAY_SINCE) : []) this.#swim.sendUser(other, relayed);
  }

  #merge(now: Instant, state: PushPullState, options: { readonly ignoreOldEvents: boolean }): string | undefined {
    let serf: SerfState | undefined;
    try {
      const message = state.userState.length === 0 ? undefined : decodeSerfMessage(state.userState);
      if (message !== undefined && message.kind !== "state") return "the state of the peer's Serf is something else";
      serf = message?.state;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return error.message;
    }
    const refusal = this.#swim.merge(now, state);
    if (refusal === undefined && serf !== undefined) this.#mergeSerf(now, serf, options);
    return refusal;
  }

  #mergeSerf(now: Instant, state: SerfState, options: { readonly ignoreOldEvents: boolean }): void {
    this.#memberClock.witnessClock(state.memberTime);
    this.#eventClock.witnessClock(state.eventTime);
    this.#queryClock.witnessClock(state.queryTime);
    const left = new Set(state.left);
    for (const name of left) this.#hearOfLeft(now, name, state.statusTimes.get(name) ?? 0);
    for (const [name, time] of state.statusTimes) {
      if (!left.has(name)) this.#hearStatusTime(now, name, time);
    }
    if (options.ignoreOldEvents) this.#events.ignoreBefore(state.eventTime);
    for (const event of state.events) this.#hearEvent(event);
  }

  /** A peer holds a member for one that has left: when is not said, but it was after `time`. */
  #hearOfLeft(now: Instant, name: string, time: LamportTime): void {
    // Who answers has come back, and the peer has not heard of it: the time that is made up here must not outdo the return.
    if (name !== this.#options.name && this.#swim.isAlive(name)) return;
    this.#hearLeave(now, { kind: "leave", node: name, time: time + 1, prune: false });
  }

  /** What a peer heard last of a member is of `time`: that it came, or that it leaves. */
  #hearStatusTime(now: Instant, name: string, time: LamportTime): void {
    const isOfUs = name === this.#options.name && this.#departure === undefined;
    if (isOfUs && time > (this.#roster.get(name)?.statusTime ?? 0)) {
      // What we have not said ourselves may be that we leave: whoever holds us for leaving shall hear that we are here.
      this.#memberClock.witness(time);
      this.#announceSelf(now, this.#memberClock.time);
    } else this.#roster.hearJoin(now, name, time);
  }

  #serfState(): SerfState {
    const members = this.#roster.all();
    return {
      memberTime: this.#memberClock.time,
      eventTime: this.#eventClock.time,
      queryTime: this.#queryClock.time,
      statusTimes: new Map(members.map(({ name, statusTime }) => [name, statusTime])),
      left: this.#roster.having("left").map(({ name }) => name),
      events: this.#events.all(),
    };
  }

  /** Says that we are here, as of `time`. */
  #announceSelf(now: Instant, time: LamportTime): void {
    this.#memberClock.witness(time);
    this.#roster.hearJoin(now, this.#options.name, time);
    this.#spread(this.#intents, { kind: "join", time, node: this.#options.name });
  }

  #leave(now: Instant): void {
    if (this.#departure !== undefined) return;
    const { broadcastTimeout } = this.#options.serfTiming;
    const departure = intentPhase(now, broadcastTimeout, { alone: !this.#swim.hasLiveOthers() });
    this.#departure = departure;
    const intent = { kind: "leave", time: this.#memberClock.next(), node: this.#options.name, prune: false } as const;
    this.#hearLeave(now, intent);
    this.#spread(this.#intents, intent, () => {
      if (departure.phase === "intent") departure.spread = true;
    });
  }

  /** Goes on with leaving, as far as it has come. */
  #depart(now: Instant): void {
    const { broadcastTimeout, leavePropagateDelay } = this.#options.serfTiming;
    const alone = !this.#swim.hasLiveOthers();
    if (this.#departure?.phase === "intent" && (this.#departure.spread || now >= this.#departure.until)) {
      this.#departure = { phase: "farewell", until: later(now, broadcastTimeout) };
      this.#swim.leave(now);
    }
    if (this.#departure?.phase === "farewell" && (this.#swim.farewellSent || now >= this.#departure.until)) {
      this.#departure = { phase: "propagate", until: alone ? now : later(now, leavePropagateDelay) };
    }
    if (this.#departure?.phase === "propagate" && now >= this.#departure.until) {
      this.#departure = { phase: "departed" };
      this.#outbox.tell({ kind: "departed" });
    }
  }

  #forceLeave(now: Instant, { node, prune }: { readonly node: string; readonly prune: boolean }): void {
    if (node === this.#options.name) return;
    const intent = { kind: "leave", time: this.#memberClock.next(), node, prune } as const;
    this.#hearLeave(now, intent);
    if (this.#swim.hasLiveOthers()) this.#spread(this.#intents, intent);
  }

  #sendEvent({ name, payload, coalesce }: { name: string; payload: Uint8Array; coalesce: boolean }): void {
    if (Buffer.byteLength(name) + payload.length > MAX_EVENT_BYTES) {
      throw new TooLarge(`user event exceeds limit of ${MAX_EVENT_BYTES} bytes`);
    }
    const event = { time: this.#eventClock.next(), name, payload, coalesce };
    this.#hearEvent(event);
    this.#spread(this.#eventQueue, { kind: "event", event });
  }

  #sendQuery(now: Instant, query: number, wish: QueryWish): void {
    const { ip, port, name, swimTiming } = this.#options;
    const usual = times(swimTiming.gossipInterval, 16 * Math.ceil(Math.log10(this.#swim.size + 1)));
    const message: QueryMessage = {
      time: this.#queryClock.time,
      id: this.#random.below(2 ** 31),
      asker: { ip, port },
      askerName: name,
      filters: wish.nodes.length === 0 ? [] : [encodeNameFilter(wish.nodes)],
      wantsAck: wish.wantsAcks,
      noRebroadcast: false,
      relayFactor: 0,
      timeoutNanoseconds: wish.timeoutNanoseconds ?? usual,
      name: wish.name,
      payload: wish.payload,
    };
    const encoded = encodeSerfMessage({ kind: "query", query: message });
    if (encoded.length > MAX_QUERY_BYTES) throw new TooLarge(`query exceeds limit of ${MAX_QUERY_BYTES} bytes`);
    this.#queries.open(now, message, query);
    this.#hearQuery(now, message, { ip, port });
    this.#spread(this.#queryQueue, { kind: "query", query: message });
  }

  /** As a user message of SWIM's. */
  #spread(queue: Broadcasts, message: SerfMessage, finished?: () => void): void {
    const bytes = Buffer.concat([Uint8Array.of(MESSAGE.user), encodeSerfMessage(message)]);
    queue.queue({ message: bytes, finished });
  }
}

/** Whether members themselves ask, not their users. */
function isInternal({ name }: QueryMessage): boolean {
  return name.startsWith(INTERNAL_QUERY);
}

function isSameEvent(a: UserEvent, b: UserEvent): boolean {
  return a.name === b.name && Buffer.from(a.payload).equals(b.payload);
}

/** Serf's pace as Nomad 0.4.1 sets it. */
export const NOMAD_SERF_TIMING: SerfTiming = {
  broadcastTimeout: seconds(5),
  // Today's Serf stays a second more; an agent has five seconds in all, of which the goodbyes may take four.
  leavePropagateDelay: seconds(0),
  reapInterval: seconds(15),
  reconnectInterval: seconds(30),
  reconnectTimeout: seconds(72 * 3_600),
  tombstoneTimeout: seconds(24 * 3_600),
};
