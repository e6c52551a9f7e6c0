import { DeadlineQueue, type Instant, later } from "../../base/index.ts";
import type { Endpoint } from "../endpoint.ts";
import type { SwimMessage } from "../wire/swim-messages.ts";
import type { SwimContext } from "./swim-context.ts";

/** Pings under way for others; of more we do not take on. */
const MAX_RELAYS = 1_024;

interface Relay {
  readonly asker: Endpoint;
  /** The asker's number for it. */
  readonly sequence: number;
  readonly wantsNack: boolean;
}

/** Pings that others ask us to send, because they get no answer themselves. */
export class Relays {
  readonly #context: SwimContext;
  readonly #drawSequence: () => number;
  readonly #open = new Map<number, Relay>();
  readonly #deadlines = new DeadlineQueue<number>();

  constructor(context: SwimContext, drawSequence: () => number) {
    this.#context = context;
    this.#drawSequence = drawSequence;
  }

  wakeAt(): Instant | undefined {
    return this.#deadlines.earliest();
  }

  begin(now: Instant, from: Endpoint, asked: Extract<SwimMessage, { kind: "indirectPing" }>): void {
    if (this.#open.size >= MAX_RELAYS) return;
    const { source, timing } = this.#context;
    const sequence = this.#drawSequence();
    const asker = this.#context.answerTo(from, asked.source);
    this.#open.set(sequence, { asker, sequence: asked.sequence, wantsNack: asked.wantsNack });
    this.#deadlines.set(sequence, later(now, timing.probeTimeout));
    this.#context.send(asked.target, [{ kind: "ping", sequence, node: asked.node, source }]);
  }

  /** Hands on an answer; false if it was not to one of these. */
  acknowledged(sequence: number): boolean {
    const relay = this.#open.get(sequence);
    if (relay === undefined) return false;
    this.#open.delete(sequence);
    this.#deadlines.delete(sequence);
    this.#context.send(relay.asker, [{ kind: "ack", sequence: relay.sequence }]);
    return true;
  }

  /** Tells those who want to know that there was no answer. */
  wake(now: Instant): void {
    for (const sequence of this.#deadlines.takeUntil(now)) {
      const relay = this.#open.get(sequence);
      this.#open.delete(sequence);
      if (relay?.wantsNack) this.#context.send(relay.asker, [{ kind: "nack", sequence: relay.sequence }]);
    }
  }
}
