import { between, type Duration, type Instant, later, type Random, times, unreachable } from "../../base/index.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Outbox } from "../outbox.ts";
import { MAX_MEMBERS, type NodeEntry, type PushPullState } from "../wire/push-pull.ts";
import type { SwimMessage } from "../wire/swim-messages.ts";
import { Awareness } from "./awareness.ts";
import { Broadcasts } from "./broadcasts.ts";
import { incompatibility } from "./compatibility.ts";
import { isLive, Members } from "./members.ts";
import { Probe } from "./probe.ts";
import { Relays } from "./relays.ts";
import { Rumours } from "./rumours.ts";
import { SwimContext, type SwimOptions } from "./swim-context.ts";
import type { SwimUser } from "./swim-user.ts";

/** In pools beyond this, push/pulls become rarer. */
const PUSH_PULL_THRESHOLD = 32;

/**
 * Who is alive, by rumour: members probe each other, tell a few others what they learn, and now and then exchange all
 * they know with one. Nobody leads, and the work of each does not grow with the pool. A part of the core of gossip: it
 * awaits nothing, and what it owes goes to the outbox.
 * Source: SWIM (Das, Gupta and Motivala, 2002), with memberlist's push/pull and Lifeguard (2017).
 */
export class Swim {
  readonly #context: SwimContext;
  readonly #rumours: Rumours;
  readonly #relays: Relays;
  readonly #probe: Probe;
  #sequence = 0;
  #gossipAt: Instant;
  #pushPullAt: Instant;

  /** The first joins at once: ourselves. */
  constructor(
    now: Instant,
    parts: { readonly random: Random; readonly outbox: Outbox; readonly user: SwimUser },
    options: SwimOptions,
  ) {
    const { random } = parts;
    const { timing, node } = options;
    const members = new Members(node.name, random);
    const broadcasts = new Broadcasts(MAX_MEMBERS);
    this.#context = new SwimContext(
      { ...parts, members, broadcasts, awareness: new Awareness(timing.awarenessLimit) },
      options,
    );
    const drawSequence = () => {
      this.#sequence = (this.#sequence + 1) % 0x1_0000_0000;
      return this.#sequence;
    };
    const within = (interval: Duration) => later(now, times(interval, random.fraction()));
    this.#rumours = new Rumours(this.#context);
    this.#relays = new Relays(this.#context, drawSequence);
    this.#probe = new Probe(this.#context, this.#rumours, { at: within(timing.probeInterval), drawSequence });
    this.#gossipAt = within(timing.gossipInterval);
    this.#pushPullAt = within(timing.pushPullInterval);
    this.#rumours.begin(now, node);
  }

  get healthScore(): number {
    return this.#context.awareness.score;
  }

  /** How many members there are, the dead that are not yet forgotten included. */
  get size(): number {
    return this.#context.members.size;
  }

  get farewellSent(): boolean {
    return this.#rumours.farewellSent;
  }

  /** How often each message is to be sent in a pool of this size. */
  get retransmitLimit(): number {
    return this.#context.retransmitLimit;
  }

  hasLiveOthers(): boolean {
    return this.#context.members.hasLiveOthers();
  }

  /** At most `count` live others by lot, of this protocol version at least. */
  pickLive(count: number, protocol: number): readonly Endpoint[] {
    const passes = ({ versions }: { versions: { protocolMax: number } }) => versions.protocolMax >= protocol;
    return this.#context.members
      .pick(count, (record) => record.state === "alive" && passes(record.node))
      .map(({ node }) => node);
  }

  /** Whether a member is here, and nobody doubts it. */
  isAlive(name: string): boolean {
    return this.#context.members.get(name)?.state === "alive";
  }

  /** Whether a member that is not gone listens there. */
  isLiveAt(endpoint: Endpoint): boolean {
    for (const record of this.#context.members.all()) {
      if (isLive(record) && record.node.ip === endpoint.ip && record.node.port === endpoint.port) return true;
    }
    return false;
  }

  wakeAt(): Instant {
    const due = [this.#probe.wakeAt(), this.#gossipAt, this.#pushPullAt, this.#rumours.wakeAt(), this.#relays.wakeAt()];
    return Math.min(...due.filter((when) => when !== undefined)) as Instant;
  }

  wake(now: Instant): void {
    this.#noticeOversleeping(now);
    this.#rumours.judge(now);
    this.#relays.wake(now);
    this.#probe.wake(now);
    this.#gossip(now);
    this.#startPushPull(now);
  }

  received(now: Instant, from: Endpoint, message: SwimMessage): void {
    switch (message.kind) {
      case "ping":
        this.#answerPing(from, message);
        return;
      case "indirectPing":
        this.#relays.begin(now, from, message);
        return;
      case "ack":
        if (!this.#relays.acknowledged(message.sequence)) this.#probe.acknowledged(now, message.sequence);
        return;
      case "nack":
        this.#probe.notAnswered(message.sequence);
        return;
      case "alive":
        this.#rumours.alive(now, message);
        return;
      case "suspect":
        this.#rumours.suspect(now, message);
        return;
      case "dead":
        this.#rumours.dead(now, message);
        return;
      case "user":
        this.#context.user.received(now, message.payload, from);
        return;
      default:
        unreachable(message);
        return;
    }
  }

  answersOverStream(now: Instant, sequence: number): void {
    this.#probe.answersOverStream(now, sequence);
  }

  /** Sends messages of our user's to one member. */
  sendUser(to: Endpoint, payload: Uint8Array): void {
    this.#context.send(to, [{ kind: "user", payload }]);
  }

  setMeta(now: Instant, meta: Uint8Array): void {
    this.#rumours.describe(now, meta);
  }

  /** Begins to tell others that we leave; `farewellSent` says when they have been told. */
  leave(now: Instant): void {
    this.#rumours.leave(now);
  }

  /** All that we know. */
  state(options: { readonly join: boolean }): PushPullState {
    const nodes = Array.from(
      this.#context.members.all(),
      ({ node, incarnation, state }): NodeEntry => ({ node, incarnation, state }),
    );
    return { join: options.join, nodes, userState: this.#context.user.state() };
  }

  /** Takes in all that another knows, but for our user's part. Why not, if not. */
  merge(now: Instant, { join, nodes }: PushPullState): string | undefined {
    const { members, user, self, ownRecord } = this.#context;
    const ours = Array.from(members.all()).filter((record) => record.state === "alive");
    const theirs = nodes.filter(({ state }) => state === "alive");
    const refusal =
      incompatibility([...theirs, ...ours].map(({ node }) => node)) ??
      (join ? user.objection(nodes.map(({ node }) => node)) : undefined);
    if (refusal !== undefined) return refusal;
    for (const { node: told, incarnation, state } of nodes) {
      const node = told.port === 0 ? { ...told, port: ownRecord.node.port } : told;
      const accusation = { node: node.name, incarnation };
      if (state === "alive") this.#rumours.alive(now, { node, incarnation });
      else if (state === "left") this.#rumours.dead(now, { ...accusation, from: node.name });
      // Who is dead for another is a suspect for us: it may live, and object.
      else this.#rumours.suspect(now, { ...accusation, from: self });
    }
    return undefined;
  }

  #answerPing(from: Endpoint, ping: Extract<SwimMessage, { kind: "ping" }>): void {
    const { self, outbox } = this.#context;
    if (ping.node !== "" && ping.node !== self) {
      outbox.note({ kind: "misdirectedPing", node: ping.node, from });
      return;
    }
    this.#context.send(this.#context.answerTo(from, ping.source), [{ kind: "ack", sequence: ping.sequence }]);
  }

  #gossip(now: Instant): void {
    if (now < this.#gossipAt) return;
    const { members, timing } = this.#context;
    this.#gossipAt = later(now, timing.gossipInterval);
    const isToBeTold = ({ state, since }: { state: string; since: Instant }) =>
      state === "alive" || state === "suspect" || (state === "dead" && between(since, now) <= timing.gossipToTheDead);
    for (const record of members.pick(timing.gossipNodes, isToBeTold)) {
      if (!this.#context.gossip(record)) return;
    }
  }

  #startPushPull(now: Instant): void {
    if (now < this.#pushPullAt) return;
    const { members, timing, outbox } = this.#context;
    this.#pushPullAt = later(now, times(timing.pushPullInterval, pushPullFactor(members.size)));
    for (const { node } of members.pick(1, (record) => record.state === "alive")) {
      outbox.exchange({ kind: "pushPull", to: node, name: node.name, join: false });
    }
  }

  /** A process that was stopped for a while has heard nobody: that is no reason to call them dead. */
  #noticeOversleeping(now: Instant): void {
    const late = between(this.wakeAt(), now);
    const { timing, awareness, outbox } = this.#context;
    if (late < times(timing.probeInterval, 2)) return;
    outbox.note({ kind: "overslept", seconds: Math.round(late / 1e9) });
    awareness.change(timing.awarenessLimit);
    this.#rumours.extendSuspicions(late);
  }
}

/** How many times rarer push/pulls are: each doubling of a large pool adds one. */
function pushPullFactor(members: number): number {
  if (members <= PUSH_PULL_THRESHOLD) return 1;
  return Math.ceil(Math.log2(members) - Math.log2(PUSH_PULL_THRESHOLD)) + 1;
}
