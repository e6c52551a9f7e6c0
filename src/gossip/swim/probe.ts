import { between, type Instant, later } from "../../base/index.ts";
import { isLive, type MemberRecord } from "./members.ts";
import type { Rumours } from "./rumours.ts";
import type { SwimContext } from "./swim-context.ts";

/** From here on members say so when one they were to probe for us is silent. */
const NACK_SINCE = 4;
/** From here on members answer probes over connections. */
const STREAM_PING_SINCE = 3;

interface Attempt {
  readonly target: MemberRecord;
  readonly sequence: number;
  readonly since: Instant;
  /** When others are asked; undefined once they are. */
  askOthersAt: Instant | undefined;
  /** When it counts as failed. */
  readonly until: Instant;
  /** How many of those asked would say that they got no answer, and have not yet. */
  silent: number | undefined;
}

/**
 * Watches the others, one at a time: asks, then lets a few others ask and tries a connection besides, and suspects who
 * answered none of these. Source: SWIM (Das, Gupta and Motivala, 2002), section 4.1; Lifeguard (2017) for nacks.
 */
export class Probe {
  readonly #context: SwimContext;
  readonly #rumours: Rumours;
  readonly #drawSequence: () => number;
  #attempt: Attempt | undefined;
  #nextAt: Instant;

  constructor(context: SwimContext, rumours: Rumours, start: { readonly at: Instant; drawSequence(): number }) {
    this.#context = context;
    this.#rumours = rumours;
    this.#nextAt = start.at;
    this.#drawSequence = start.drawSequence;
  }

  wakeAt(): Instant {
    if (this.#attempt === undefined) return this.#nextAt;
    return this.#attempt.askOthersAt ?? this.#attempt.until;
  }

  wake(now: Instant): void {
    const attempt = this.#attempt;
    if (attempt?.askOthersAt !== undefined && now >= attempt.askOthersAt) this.#askOthers(attempt);
    if (attempt !== undefined && now >= attempt.until) this.#fail(now, attempt);
    if (this.#attempt === undefined && now >= this.#nextAt) this.#begin(now);
  }

  /** An answer to one of our pings came; false if it was not to this one. */
  acknowledged(now: Instant, sequence: number): boolean {
    if (this.#attempt?.sequence !== sequence) return false;
    this.#rumours.asked(this.#attempt.target.node.name, { hasAnswered: true });
    this.#end(now, this.#attempt);
    this.#context.awareness.change(-1);
    if (this.#nextAt < now) this.#nextAt = now;
    return true;
  }

  /** It answers over a connection, though not by datagrams. */
  answersOverStream(now: Instant, sequence: number): void {
    if (this.#attempt?.sequence !== sequence) return;
    this.#context.outbox.note({ kind: "onlyStreamAnswers", node: this.#attempt.target.node.name });
    this.#rumours.asked(this.#attempt.target.node.name, { hasAnswered: true });
    this.#end(now, this.#attempt);
    if (this.#nextAt < now) this.#nextAt = now;
  }

  /** Somebody we asked got no answer either: at least that one hears us. */
  notAnswered(sequence: number): void {
    const attempt = this.#attempt;
    if (attempt?.sequence === sequence && attempt.silent !== undefined && attempt.silent > 0) attempt.silent -= 1;
  }

  #begin(now: Instant): void {
    const { members, timing, awareness, source, outbox } = this.#context;
    this.#nextAt = later(now, timing.probeInterval);
    const target = members.nextToProbe(now, timing.gossipToTheDead);
    if (target === undefined) return;
    if (awareness.score > 0) outbox.count({ kind: "patientProbe" });
    const sequence = this.#drawSequence();
    this.#attempt = {
      target,
      sequence,
      since: now,
      askOthersAt: later(now, timing.probeTimeout),
      until: later(now, awareness.scaled(timing.probeInterval)),
      silent: undefined,
    };
    const ping = { kind: "ping", sequence, node: target.node.name, source } as const;
    // A suspect learns of it at once, so that it can object.
    const accusation = { node: target.node.name, incarnation: target.incarnation, from: this.#context.self };
    if (target.state === "suspect") this.#context.send(target.node, [ping, { kind: "suspect", ...accusation }]);
    else this.#context.send(target.node, [ping]);
  }

  #askOthers(attempt: Attempt): void {
    const { members, timing, source, outbox } = this.#context;
    const { target, sequence } = attempt;
    attempt.askOthersAt = undefined;
    const helpers = members.pick(
      timing.indirectChecks,
      (record) => record.state === "alive" && record.node.name !== target.node.name,
    );
    let silent = 0;
    for (const { node } of helpers) {
      const wantsNack = node.versions.protocolMax >= NACK_SINCE;
      if (wantsNack) silent += 1;
      const { ip, port, name } = target.node;
      this.#context.send(node, [
        { kind: "indirectPing", sequence, target: { ip, port }, node: name, wantsNack, source },
      ]);
    }
    attempt.silent = silent > 0 ? silent : undefined;
    if (target.node.versions.protocolMax >= STREAM_PING_SINCE) {
      outbox.exchange({ kind: "ping", to: target.node, name: target.node.name, sequence });
    }
  }

  #fail(now: Instant, attempt: Attempt): void {
    const { awareness, outbox, self } = this.#context;
    const { target } = attempt;
    this.#end(now, attempt);
    if (this.#nextAt < now) this.#nextAt = now;
    // Without anybody who would have said so, a silent target may be our own fault as well.
    awareness.change(attempt.silent ?? 1);
    if (!isLive(target)) return;
    outbox.note({ kind: "probeFailed", node: target.node.name });
    this.#rumours.asked(target.node.name, { hasAnswered: false });
    this.#rumours.suspect(now, { node: target.node.name, incarnation: target.incarnation, from: self });
  }

  #end(now: Instant, attempt: Attempt): void {
    this.#attempt = undefined;
    this.#context.outbox.count({ kind: "probed", took: between(attempt.since, now) });
  }
}
