import { between, type Duration, deepEqual, type Instant } from "../../base/index.ts";
import { sameEndpoint } from "../endpoint.ts";
import { MAX_MEMBERS } from "../wire/push-pull.ts";
import { encodeSwimMessage, type NodeDescription, type SwimMessage } from "../wire/swim-messages.ts";
import type { MemberRecord } from "./members.ts";
import { Suspicions, suspicionSpan } from "./suspicion.ts";
import type { SwimContext } from "./swim-context.ts";

type Alive = { readonly node: NodeDescription; readonly incarnation: number };
type Accusation = { readonly node: string; readonly incarnation: number; readonly from: string };

/**
 * What members say of each other, and what we make of it: the state of each member. An incarnation orders what is
 * said: only the member itself raises its own, to answer those who take it for dead. Of one incarnation, dead beats
 * suspect and suspect beats alive. Source: SWIM (Das, Gupta and Motivala, 2002), section 4.2.
 */
export class Rumours {
  readonly #context: SwimContext;
  readonly #suspicions = new Suspicions();
  #isLeaving = false;
  #farewellSent = false;

  constructor(context: SwimContext) {
    this.#context = context;
  }

  /** Whether others have been told, often enough, that we leave. */
  get farewellSent(): boolean {
    return this.#farewellSent;
  }

  wakeAt(): Instant | undefined {
    return this.#suspicions.wakeAt();
  }

  /** We were not there to listen: suspects get that time back. */
  extendSuspicions(by: Duration): void {
    this.#suspicions.extend(by);
  }

  /** Takes up the part of a member ourselves. */
  begin(now: Instant, node: NodeDescription): void {
    const record: MemberRecord = { node, incarnation: 1, state: "alive", since: now };
    this.#context.members.add(record);
    this.#spread({ kind: "alive", node, incarnation: 1 }, node.name);
    this.#context.user.joined(now, node);
  }

  /** Says something new of ourselves. */
  describe(now: Instant, meta: Uint8Array): void {
    const own = this.#context.ownRecord;
    own.node = { ...own.node, meta };
    own.incarnation += 1;
    this.#spread({ kind: "alive", node: own.node, incarnation: own.incarnation }, own.node.name);
    this.#context.user.updated(now, own.node);
  }

  leave(now: Instant): void {
    const { self, ownRecord, members } = this.#context;
    this.#isLeaving = true;
    this.#farewellSent = !members.hasLiveOthers();
    this.dead(now, { node: self, incarnation: ownRecord.incarnation, from: self });
  }

  alive(now: Instant, said: Alive): void {
    const { self, members, user, outbox } = this.#context;
    const { node, incarnation } = said;
    const isSelf = node.name === self;
    if (isSelf && this.#isLeaving) return;
    const objection = user.objection([node]);
    if (objection !== undefined) {
      outbox.note({ kind: "ignored", node: node.name, reason: objection });
      return;
    }
    const record = members.get(node.name) ?? this.#newcomer(now, node);
    if (record === undefined) {
      outbox.note({ kind: "tooManyMembers", node: node.name });
      return;
    }
    const moves = !sameEndpoint(record.node, node);
    if (moves && !this.#mayMove(now, record)) {
      this.#conflict(record, node);
      return;
    }
    if (isSelf) {
      this.#hearOfSelf(record, said);
      return;
    }
    if (incarnation <= record.incarnation && !moves) return;
    if (moves) outbox.note({ kind: "moved", node: node.name, from: record.node, to: node });
    this.#suspicions.end(node.name);
    this.#spread({ kind: "alive", node, incarnation }, node.name);
    outbox.count({ kind: "rumour", about: "alive" });
    this.#becomeAlive(now, record, said);
  }

  suspect(now: Instant, said: Accusation): void {
    const { self, members, timing, outbox } = this.#context;
    const record = members.get(said.node);
    if (record === undefined) return;
    if (said.incarnation < record.incarnation) {
      this.#objectAgain(said);
      return;
    }
    if (this.#suspicions.has(said.node)) {
      if (this.#suspicions.confirm(said.node, said.from)) this.#spread({ kind: "suspect", ...said }, said.node);
      return;
    }
    if (record.state !== "alive") return;
    if (said.node === self) {
      this.#refute("suspect", said);
      return;
    }
    this.#spread({ kind: "suspect", ...said }, said.node);
    outbox.count({ kind: "rumour", about: "suspect" });
    record.incarnation = said.incarnation;
    record.state = "suspect";
    record.since = now;
    this.#suspicions.begin(now, said.node, said.from, suspicionSpan(members.size, timing));
  }

  /** `said` by the member itself means that it has left. */
  dead(now: Instant, said: Accusation): void {
    const { self, members, user, outbox } = this.#context;
    const record = members.get(said.node);
    if (record === undefined) return;
    if (said.incarnation < record.incarnation) {
      this.#objectAgain(said);
      return;
    }
    this.#suspicions.end(said.node);
    if (record.state === "dead" || record.state === "left") return;
    const isSelf = said.node === self;
    if (isSelf && !this.#isLeaving) {
      this.#refute("dead", said);
      return;
    }
    this.#spread({ kind: "dead", ...said }, said.node, isSelf ? () => this.#saidFarewell() : undefined);
    outbox.count({ kind: "rumour", about: "dead" });
    record.incarnation = said.incarnation;
    record.state = said.node === said.from ? "left" : "dead";
    record.since = now;
    user.left(now, record.node);
  }

  /** We have asked a member ourselves, and it has answered or not. */
  asked(name: string, outcome: { readonly hasAnswered: boolean }): void {
    this.#suspicions.asked(name, outcome);
  }

  /**
   * Declares those dead who were suspects for too long. One that answers us is not dead, though its objection has not
   * reached us: where packets are lost, all that tell of it may be.
   */
  judge(now: Instant): void {
    const { self, members, outbox } = this.#context;
    for (const { suspect, confirmations, expected, hasAnswered } of this.#suspicions.takeExpired(now)) {
      const record = members.get(suspect);
      if (record?.state !== "suspect") continue;
      if (hasAnswered) {
        record.state = "alive";
        record.since = now;
        continue;
      }
      outbox.note({ kind: "markedDead", node: suspect, confirmations });
      if (confirmations < expected) outbox.count({ kind: "loneVerdict" });
      this.dead(now, { node: suspect, incarnation: record.incarnation, from: self });
    }
  }

  #newcomer(now: Instant, node: NodeDescription): MemberRecord | undefined {
    const { members } = this.#context;
    if (members.size >= MAX_MEMBERS) return undefined;
    return members.add({ node, incarnation: 0, state: "dead", since: now });
  }

  /** A name belongs to its address as long as it may be in use there. */
  #mayMove(now: Instant, { state, since }: MemberRecord): boolean {
    const { deadReclaim } = this.#context.timing;
    return state === "left" || (state === "dead" && deadReclaim > 0 && between(since, now) > deadReclaim);
  }

  #conflict(record: MemberRecord, theirs: NodeDescription): void {
    const isSelf = theirs.name === this.#context.self;
    const { node, state } = record;
    this.#context.outbox.note({ kind: "conflict", node: theirs.name, isSelf, ours: node, theirs, state });
  }

  #becomeAlive(now: Instant, record: MemberRecord, { node, incarnation }: Alive): void {
    const { user } = this.#context;
    const wasGone = record.state === "dead" || record.state === "left";
    const saysOtherThings = !bytesOf(record.node.meta).equals(node.meta);
    record.node = node;
    record.incarnation = incarnation;
    if (record.state !== "alive") record.since = now;
    record.state = "alive";
    if (wasGone) user.joined(now, node);
    else if (saysOtherThings) user.updated(now, node);
  }

  /** Others may know an older life of ours, with a higher incarnation or other tags. */
  #hearOfSelf(own: MemberRecord, { node, incarnation }: Alive): void {
    if (incarnation < own.incarnation) return;
    const isSame = bytesOf(own.node.meta).equals(node.meta) && deepEqual(own.node.versions, node.versions);
    if (incarnation === own.incarnation && isSame) return;
    this.#refute("alive", { node: node.name, incarnation, from: "" });
  }

  #refute(what: "alive" | "suspect" | "dead", said: Accusation): void {
    const { ownRecord: own, awareness, outbox } = this.#context;
    own.incarnation = Math.max(own.incarnation, said.incarnation) + 1;
    awareness.change(1);
    outbox.note({ kind: "refuted", what, from: said.from });
    this.#spread({ kind: "alive", node: own.node, incarnation: own.incarnation }, own.node.name);
  }

  /** Who accuses us of an earlier incarnation has not heard our objection: it is said again. */
  #objectAgain({ node }: Accusation): void {
    const { self, ownRecord: own } = this.#context;
    if (node !== self || this.#isLeaving) return;
    this.#spread({ kind: "alive", node: own.node, incarnation: own.incarnation }, self);
  }

  #spread(message: SwimMessage, about: string, finished?: () => void): void {
    this.#context.broadcasts.queue({ message: encodeSwimMessage(message), about, finished });
  }

  #saidFarewell(): void {
    this.#farewellSent = true;
  }
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
