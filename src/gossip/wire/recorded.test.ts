import assert from "node:assert";
import { test } from "node:test";
import { type Random, SeededRandom } from "../../base/index.ts";
import { Keyring } from "../keyring.ts";
import { recorded } from "../testing/recorded.ts";
import { fieldsOf } from "./fields.ts";
import { lzwCompress } from "./lzw.ts";
import { decompressed, openPacket, sealPacket } from "./packet.ts";
import { decodeSerfMessage, encodeSerfMessage, type SerfMessage } from "./serf-messages.ts";
import { readStream, sealStream } from "./stream.ts";
import { encodeSwimMessage, type SwimMessage } from "./swim-messages.ts";

/** Bytes of the real thing: they must mean what it means by them, and we must write the same. */

const random = new SeededRandom("recorded");
const serf = { ip: "127.0.0.1", port: 17946, node: "srf" };
const versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCurrent: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCurrent: 4,
};

/** The one message in a recorded packet, which we must write alike. */
function only(packet: Uint8Array, options: { readonly crc: boolean }): SwimMessage {
  const { messages, problem } = openPacket(packet, undefined);
  assert.equal(problem, undefined);
  assert.equal(messages.length, 1);
  const written = sealPacket(messages.map(encodeSwimMessage), { ...options, keyring: undefined, random });
  assert.deepEqual(written, Buffer.from(packet));
  return messages[0] as SwimMessage;
}

test("probes and their answers are read and written as Serf does", () => {
  assert.deepEqual(only(recorded.ping, { crc: false }), { kind: "ping", sequence: 1, node: "ours", source: serf });
  assert.deepEqual(only(recorded.ack, { crc: false }), { kind: "ack", sequence: 2 });
  assert.deepEqual(only(recorded.nack, { crc: false }), { kind: "nack", sequence: 10 });
  assert.deepEqual(only(recorded.indirect, { crc: false }), {
    kind: "indirectPing",
    sequence: 5,
    target: { ip: "127.0.0.1", port: 14649 },
    node: "theirs",
    wantsNack: true,
    source: serf,
  });
});

test("rumours are read and written as Serf does, checksum included", () => {
  const accusation = { node: "theirs", incarnation: 1 };
  assert.deepEqual(only(recorded.suspect, { crc: true }), { kind: "suspect", ...accusation, from: "ours" });
  assert.deepEqual(only(recorded.dead, { crc: true }), { kind: "dead", ...accusation, from: "srf" });
  const alive = only(recorded.alive, { crc: true });
  assert.ok(alive.kind === "alive");
  const { meta, ...node } = alive.node;
  assert.deepEqual(node, { name: "srf", ip: "127.0.0.1", port: 17946, versions });
  assert.equal(Buffer.from(meta).toString("latin1"), "\xff\x82\xa4role\xa5nomad\xa1x\xa1y");
});

test("intents, queries and events are read and written as Serf does", () => {
  const read = (packet: Uint8Array): readonly SerfMessage[] =>
    openPacket(packet, undefined).messages.map((message) => {
      assert.ok(message.kind === "user");
      const decoded = decodeSerfMessage(message.payload);
      assert.deepEqual(encodeSerfMessage(decoded), Buffer.from(message.payload));
      return decoded;
    });
  assert.deepEqual(read(recorded.leave), [{ kind: "leave", time: 2, node: "srf", prune: false }]);
  const [query, event] = read(recorded.query);
  assert.ok(query?.kind === "query" && event?.kind === "event");
  const { filters, id, ...rest } = query.query;
  assert.ok(id > 0);
  assert.deepEqual(
    filters.map((filter) => Buffer.from(filter).toString("latin1")),
    ["\x00\x91\xa4ours", "\x01\x82\xa4Expr\xa4no.*\xa3Tag\xa4role"],
  );
  assert.deepEqual(rest, {
    time: 1,
    asker: { ip: "127.0.0.1", port: 17946 },
    askerName: "srf",
    wantsAck: true,
    noRebroadcast: false,
    relayFactor: 1,
    timeoutNanoseconds: 3_200_000_000,
    name: "load",
    payload: new Uint8Array(),
  });
  assert.deepEqual(event.event, { time: 1, name: "deploy", payload: Buffer.from("v2"), coalesce: true });
});

test("Serf's state is read from a stream, however it is cut, in the clear and encrypted", async () => {
  const keyring = new Keyring(Buffer.alloc(32, 7));
  for (const [bytes, key] of [
    [recorded.state, undefined],
    [recorded.encryptedState, keyring],
  ] as const) {
    for (const size of [1, 7, bytes.length]) {
      const message = await readStream(pieces(bytes, size), key);
      assert.ok(message.kind === "pushPull");
      assert.deepEqual(
        message.state.nodes.map(({ node, incarnation, state }) => [node.name, incarnation, state]),
        [["srf", 1, "alive"]],
      );
      const user = decodeSerfMessage(message.state.userState);
      assert.ok(user.kind === "state");
      assert.deepEqual([user.state.memberTime, [...user.state.statusTimes]], [1, [["srf", 0]]]);
      const written = sealStream(message, key, drawing(bytes.subarray(6, 18)));
      assert.deepEqual(Buffer.from(written), Buffer.from(bytes));
    }
  }
});

test("Serf's own part of the state is written as Serf writes it, but for the slots in which there is no event", async () => {
  const message = await readStream(pieces(recorded.state, 100), undefined);
  assert.ok(message.kind === "pushPull");
  const { userState } = message.state;
  const hex = Buffer.from(encodeSerfMessage(decodeSerfMessage(userState))).toString("hex");
  const events = Buffer.from("Events").toString("hex");
  const slots = `${events}dc0200${"c0".repeat(512)}`;
  assert.equal(hex.replace(`${events}90`, slots), Buffer.from(userState).toString("hex"));
});

test("what Go's LZW has compressed is compressed to the same bytes", () => {
  const plain = decompressed(recorded.state, 100_000);
  const packed = fieldsOf(recorded.state.subarray(1)).bytes("Buf", 1_000);
  assert.deepEqual(Buffer.from(lzwCompress(plain)), Buffer.from(packed));
});

test("an encrypted packet is opened with the key, and with no other", () => {
  const [right, wrong] = [new Keyring(Buffer.alloc(32, 7)), new Keyring(Buffer.alloc(32, 8))];
  assert.deepEqual(openPacket(recorded.encryptedPacket, right).messages, [{ kind: "nack", sequence: 9 }]);
  assert.deepEqual(openPacket(recorded.encryptedPacket, wrong), {
    messages: [],
    problem: "no installed key decrypts the message",
  });
  const either = new Keyring(Buffer.alloc(32, 8), [Buffer.alloc(32, 7)]);
  assert.equal(openPacket(recorded.encryptedPacket, either).messages.length, 1);
});

test("with the same nonce a packet is encrypted to the same bytes", () => {
  const keyring = new Keyring(Buffer.alloc(32, 7));
  const sameNonce = drawing(recorded.encryptedPacket.subarray(1, 13));
  const nack = encodeSwimMessage({ kind: "nack", sequence: 9 });
  const written = sealPacket([nack], { crc: false, keyring, random: sameNonce });
  assert.deepEqual(Buffer.from(written), Buffer.from(recorded.encryptedPacket));
});

/** Chance that draws this nonce, of which each half is the end of a UUID. */
function drawing(nonce: Uint8Array): Random {
  const halves = [nonce.subarray(0, 6), nonce.subarray(6)].map((half) => Buffer.from(half).toString("hex"));
  return {
    fraction: () => random.fraction(),
    below: (limit) => random.below(limit),
    uuid: () => `00000000-0000-4000-8000-${halves.shift()}`,
  };
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
