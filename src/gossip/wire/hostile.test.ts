import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzPackets, fuzzStreams } from "../testing/fuzz.ts";
import { encodeFields, encodeMessage } from "./fields.ts";
import { compress, decompressed, openPacket } from "./packet.ts";
import { readStream } from "./stream.ts";
import { encodeSwimMessage, MESSAGE } from "./swim-messages.ts";

/** Threat T9: what strangers may send. */

const problemOf = (packet: Uint8Array) => openPacket(packet, undefined).problem;

async function streamProblem(...pieces: readonly Uint8Array[]): Promise<string> {
  async function* source() {
    yield* pieces;
  }
  return readStream(source(), undefined).then(
    () => "none",
    (error: Error) => error.message,
  );
}

test("T9: a push/pull that claims 2^31 members or bytes is refused by what it claims", async () => {
  const claim = (fields: Record<string, number | boolean>) =>
    Buffer.concat([Uint8Array.of(MESSAGE.pushPull), encodeFields({ Join: false, ...fields })]);
  assert.match(await streamProblem(claim({ Nodes: 2 ** 31, UserStateLen: 0 })), /Nodes is out of range/);
  assert.match(await streamProblem(claim({ Nodes: 0, UserStateLen: 2 ** 31 })), /UserStateLen is out of range/);
  assert.match(await streamProblem(claim({ Nodes: 16_000, UserStateLen: 0 })), /cut off/);
});

test("T9: a map that claims four thousand million entries is refused at once", async () => {
  assert.match(await streamProblem(Buffer.from("06dfffffffff", "hex")), /longer than 4096 bytes/);
  assert.match(problemOf(Buffer.from("04dfffffffff", "hex")) ?? "", /map of 4294967295/);
});

test("T9: an encrypted or compressed stream may not claim more than the limit", async () => {
  assert.match(await streamProblem(Buffer.from("0affffffff", "hex")), /encryption is not configured/);
  assert.match(await streamProblem(Buffer.from("0982a4416c676f00a3427566dbffffffff", "hex")), /longer than/);
});

test("T9: a few bytes do not unpack to thousands of times their size, nor compressions inside each other", () => {
  const bomb = compress(new Uint8Array(10 << 20));
  assert.ok(bomb.length < 20_000);
  assert.throws(() => decompressed(bomb, 100 << 20), /gives more than/);
  const ping = encodeSwimMessage({ kind: "ack", sequence: 1 });
  assert.match(problemOf(compress(compress(ping))) ?? "", /compressed twice/);
});

test("T9: a compound inside a compound, an unknown type and a cut are told, and the rest is read", () => {
  const ack = encodeSwimMessage({ kind: "ack", sequence: 7 });
  const compound = (...parts: readonly Uint8Array[]) => {
    const lengths = parts.flatMap((part) => [part.length >> 8, part.length & 255]);
    return Buffer.concat([Uint8Array.of(MESSAGE.compound, parts.length, ...lengths), ...parts]);
  };
  const mixed = openPacket(compound(ack, compound(ack), Uint8Array.of(99), ack), undefined);
  assert.deepEqual(
    mixed.messages.map(({ kind }) => kind),
    ["ack", "ack"],
  );
  assert.equal(mixed.problem, "message of unknown type 7");
  const cut = compound(ack, ack);
  assert.deepEqual(openPacket(cut.subarray(0, cut.length - 1), undefined), {
    messages: [{ kind: "ack", sequence: 7 }],
    problem: "compound is cut off",
  });
  assert.equal(problemOf(Uint8Array.of(7, 255)), "compound is cut off");
  assert.equal(problemOf(Uint8Array.of(244, 3, 1, 2, 3)), "message of unknown type 244");
  assert.match(problemOf(new Uint8Array()) ?? "", /empty/);
});

test("T9: a member with other than six versions, or with impossible ones, is refused", () => {
  const alive = (Vsn: Uint8Array) =>
    encodeMessage(MESSAGE.alive, {
      Addr: Uint8Array.of(10, 0, 0, 1),
      Incarnation: 1,
      Meta: new Uint8Array(),
      Node: "n",
      Port: 1,
      Vsn,
    });
  assert.equal(problemOf(alive(Uint8Array.of(1, 5, 2))), "3 versions instead of 6");
  assert.equal(problemOf(alive(Uint8Array.of(5, 1, 2, 2, 5, 4))), "protocol versions 5 to 1");
  assert.equal(problemOf(alive(Uint8Array.of(0, 0, 0, 0, 0, 0))), "protocol versions 0 to 0");
  assert.equal(problemOf(alive(new Uint8Array(7))), "Vsn is too long");
  assert.equal(problemOf(alive(Uint8Array.of(1, 5, 2, 2, 5, 4))), undefined);
});

test("a checksum that does not fit is told", () => {
  assert.equal(problemOf(Buffer.from("0c00000000028100", "hex")), "checksum does not fit");
  assert.equal(problemOf(Buffer.from("0c0000", "hex")), "checksum is cut off");
});

test("broken packets and streams are refused, never more than that", async () => {
  const packets = fuzzPackets(100_000, "packets");
  assert.ok(packets.understood > 1_000 && packets.refused > 1_000, JSON.stringify(packets));
  const streams = await fuzzStreams(2_000, "streams");
  assert.ok(streams.understood > 10 && streams.refused > 1_000, JSON.stringify(streams));
});
