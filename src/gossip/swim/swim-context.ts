import type { Random } from "../../base/index.ts";
import { type Endpoint, sameEndpoint } from "../endpoint.ts";
import type { Outbox } from "../outbox.ts";
import { COMPOUND_HEADER_BYTES, COMPOUND_MESSAGE_BYTES, MAX_PACKET_MESSAGES } from "../wire/packet.ts";
import { encodeSwimMessage, type NodeDescription, type Source, type SwimMessage } from "../wire/swim-messages.ts";
import type { Awareness } from "./awareness.ts";
import { type Broadcasts, retransmitLimit } from "./broadcasts.ts";
import type { MemberRecord, Members } from "./members.ts";
import type { SwimUser } from "./swim-user.ts";
import type { SwimTiming } from "./timing.ts";

export interface SwimOptions {
  /** What this member says of itself. */
  readonly node: NodeDescription;
  readonly timing: SwimTiming;
  /** What a packet may hold before checksum and encryption. */
  readonly packetBytes: number;
}

/** From here on members understand checksums, and answer a probe through a relay. */
const CRC_SINCE = 5;

/** What the parts of one member's SWIM share. */
export class SwimContext {
  readonly self: string;
  readonly timing: SwimTiming;
  readonly random: Random;
  readonly members: Members;
  readonly broadcasts: Broadcasts;
  readonly awareness: Awareness;
  readonly outbox: Outbox;
  readonly user: SwimUser;
  readonly #packetBytes: number;

  constructor(
    parts: Pick<SwimContext, "random" | "members" | "broadcasts" | "awareness" | "outbox" | "user">,
    options: SwimOptions,
  ) {
    this.self = options.node.name;
    this.timing = options.timing;
    this.#packetBytes = options.packetBytes;
    this.random = parts.random;
    this.members = parts.members;
    this.broadcasts = parts.broadcasts;
    this.awareness = parts.awareness;
    this.outbox = parts.outbox;
    this.user = parts.user;
  }

  get ownRecord(): MemberRecord {
    return this.members.get(this.self) as MemberRecord;
  }

  /** How a message of ours says where to answer. */
  get source(): Source {
    const { ip, port, name } = this.ownRecord.node;
    return { ip, port, node: name };
  }

  /** Sends messages, and with them as many rumours as there is room for. */
  send(to: Endpoint, messages: readonly SwimMessage[]): void {
    const encoded = messages.map(encodeSwimMessage);
    const used = encoded.reduce((sum, each) => sum + each.length + COMPOUND_MESSAGE_BYTES, COMPOUND_HEADER_BYTES);
    const rumours = this.#rumours(this.#packetBytes - used, MAX_PACKET_MESSAGES - encoded.length);
    this.outbox.send({ to, messages: [...encoded, ...rumours], crc: false });
  }

  /** Sends rumours alone; false if there are none. */
  gossip(to: MemberRecord): boolean {
    const messages = this.#rumours(this.#packetBytes - COMPOUND_HEADER_BYTES, MAX_PACKET_MESSAGES);
    if (messages.length === 0) return false;
    this.outbox.send({ to: to.node, messages, crc: to.node.versions.protocolMax >= CRC_SINCE });
    return true;
  }

  /** How often a rumour is sent. */
  get retransmitLimit(): number {
    return retransmitLimit(this.timing.retransmitMultiplier, this.members.size);
  }

  /** Where to answer: where a message says, if a member is there, so that nobody can turn us on a stranger. */
  answerTo(from: Endpoint, source: Source | undefined): Endpoint {
    const known = source === undefined ? undefined : this.members.get(source.node);
    return source !== undefined && known !== undefined && sameEndpoint(known.node, source) ? source : from;
  }

  #rumours(budgetBytes: number, most: number): readonly Uint8Array[] {
    const room = { overheadBytes: COMPOUND_MESSAGE_BYTES, limit: this.retransmitLimit };
    const own = this.broadcasts.take({ ...room, budgetBytes, most });
    const used = own.reduce((sum, each) => sum + each.length + COMPOUND_MESSAGE_BYTES, 0);
    return [...own, ...this.user.broadcasts({ ...room, budgetBytes: budgetBytes - used, most: most - own.length })];
  }
}
