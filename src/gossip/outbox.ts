import type { Endpoint } from "./endpoint.ts";
import type { GossipEvent, Notice } from "./events.ts";
import type { Figure } from "./figures.ts";

/** Encoded messages for one datagram. */
export interface Packet {
  readonly to: Endpoint;
  readonly messages: readonly Uint8Array[];
  /** Whether the receiver is known to understand a checksum. */
  readonly crc: boolean;
}

/** A connection to be opened: to exchange all that is known, or to probe where datagrams got no answer. */
export type Exchange =
  | { readonly kind: "pushPull"; readonly to: Endpoint; readonly name: string; readonly join: boolean }
  | { readonly kind: "ping"; readonly to: Endpoint; readonly name: string; readonly sequence: number };

/** What the host now owes, of one step. */
export interface GossipEffects {
  readonly packets: readonly Packet[];
  readonly exchanges: readonly Exchange[];
  /** What happened to the pool, for its user. */
  readonly events: readonly GossipEvent[];
  /** What happened on the way, for the log; it steers nothing. */
  readonly notices: readonly Notice[];
  readonly figures: readonly Figure[];
  /** Why the state of a peer was not merged, if it was not. */
  readonly mergeRefused?: string;
}

/** Where one step gathers what it owes. */
export class Outbox {
  #packets: Packet[] = [];
  #exchanges: Exchange[] = [];
  #events: GossipEvent[] = [];
  #notices: Notice[] = [];
  #figures: Figure[] = [];

  send(packet: Packet): void {
    this.#packets.push(packet);
  }

  exchange(exchange: Exchange): void {
    this.#exchanges.push(exchange);
  }

  tell(event: GossipEvent): void {
    this.#events.push(event);
  }

  note(notice: Notice): void {
    this.#notices.push(notice);
  }

  count(figure: Figure): void {
    this.#figures.push(figure);
  }

  /** What was gathered; the outbox is empty again. */
  take(mergeRefused?: string): GossipEffects {
    const effects = {
      packets: this.#packets,
      exchanges: this.#exchanges,
      events: this.#events,
      notices: this.#notices,
      figures: this.#figures,
      mergeRefused,
    };
    [this.#packets, this.#exchanges, this.#events, this.#notices, this.#figures] = [[], [], [], [], []];
    return effects;
  }
}
