import { dictionary, instantOf, later, SeededRandom, seconds } from "../../../src/base/index.ts";
import { Keyring } from "../../../src/gossip/keyring.ts";
import { decodeKeyRequest, decodeKeyResponse, encodeKeyRequest } from "../../../src/gossip/serf/key-messages.ts";
import { NOMAD_SERF_TIMING, Serf } from "../../../src/gossip/serf/serf.ts";
import { decodeTags } from "../../../src/gossip/serf/tags.ts";
import { WAN_TIMING } from "../../../src/gossip/swim/timing.ts";
import { recorded } from "../../../src/gossip/testing/recorded.ts";
import { openPacket, sealPacket } from "../../../src/gossip/wire/packet.ts";
import { decodeSerfMessage } from "../../../src/gossip/wire/serf-messages.ts";
import { readStream, sealStream } from "../../../src/gossip/wire/stream.ts";
import { Unreadable } from "../../../src/gossip/wire/unreadable.ts";
import type { Target } from "../target.ts";

const keyring = new Keyring(Buffer.alloc(32, 7));
const random = new SeededRandom("gossip");
const { state, encryptedState, ...packets } = recorded;
/** Without the checksum, which would refuse all that was changed. */
const bare = Object.values(packets).map((packet) => (packet[0] === 12 ? packet.subarray(5) : packet));
const compounds = [sealPacket(bare.slice(0, 4), { crc: false, keyring: undefined, random })];

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** Datagrams, in the clear, encrypted by whoever has the key, and with what is inside them. */
export const gossipPackets: Target = {
  name: "gossip packets",
  samples: [...Object.values(packets), ...bare, ...compounds],
  refusals: [],
  feed(input, chance) {
    const isEncrypted = chance.below(16) === 0;
    const packet = isEncrypted ? keyring.encrypt(input, chance) : input;
    const { messages } = openPacket(packet, isEncrypted ? keyring : undefined);
    for (const message of messages) {
      if (message.kind === "user") readable(() => decodeSerfMessage(message.payload));
      if (message.kind === "alive") readable(() => decodeTags(message.node.meta));
    }
  },
};

/** A member that lives on whatever it is told by datagrams; its time passes too. */
export const gossipMember: Target = {
  name: "gossip member",
  samples: gossipPackets.samples,
  refusals: [],
  feed(input, chance) {
    const { messages } = openPacket(input, undefined);
    if (messages.length === 0) return;
    if (heard++ % 5_000 === 0) [member, now] = [newMember(), begin];
    member.step(now, { kind: "received", from: { ip: `10.0.0.${2 + chance.below(3)}`, port: 4648 }, messages });
    if (chance.below(8) > 0) return;
    const end = later(now, seconds(chance.below(20)));
    for (let wakes = 0; member.wakeAt() <= end && wakes < 100; wakes++) {
      now = member.wakeAt();
      member.step(now, { kind: "wake" });
    }
    now = end;
  },
};

const begin = instantOf(1_000e9);
let now = begin;
let heard = 0;
let member = newMember();

function newMember(): Serf {
  return new Serf(begin, new SeededRandom("member"), {
    ip: "10.0.0.1",
    port: 4648,
    name: "us.global",
    tags: dictionary([["role", "nomad"]]),
    swimTiming: WAN_TIMING,
    serfTiming: NOMAD_SERF_TIMING,
    packetBytes: 1_366,
    clocks: { member: 0, event: 0, query: 0 },
    objection: () => undefined,
  });
}

/** What comes over connections: push/pull, ping, user messages; in the clear and encrypted. */
export const gossipStreams: Target = {
  name: "gossip streams",
  samples: [
    state,
    encryptedState,
    recorded.ping,
    recorded.ack,
    sealStream({ kind: "user", payload: Buffer.from("ab") }, undefined, random),
    sealStream({ kind: "error", text: "no" }, undefined, random),
  ],
  refusals: [Unreadable],
  async feed(input, chance) {
    const cut = chance.below(input.length + 1);
    const message = await readStream(inTwo(input, cut), chance.below(4) === 0 ? keyring : undefined);
    if (message.kind === "pushPull") {
      for (const { node } of message.state.nodes) readable(() => decodeTags(node.meta));
      readable(() => decodeSerfMessage(message.state.userState));
    }
  },
};

async function* inTwo(bytes: Uint8Array, cut: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, cut);
  yield bytes.subarray(cut);
}

const serfPayloads = bare.flatMap((packet) =>
  openPacket(packet, undefined).messages.flatMap((message) => (message.kind === "user" ? [message.payload] : [])),
);

/** Serf's own messages, and those about keys. */
export const serfMessages: Target = {
  name: "serf messages",
  samples: [...serfPayloads, encodeKeyRequest(Buffer.alloc(32, 7))],
  refusals: [Unreadable],
  feed(input) {
    readable(() => decodeKeyRequest(input));
    readable(() => decodeKeyResponse(input));
    decodeSerfMessage(input);
  },
};
