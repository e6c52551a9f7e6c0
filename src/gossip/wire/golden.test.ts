import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../base/index.ts";
import { decodeKeyRequest, decodeKeyResponse, encodeKeyRequest, encodeKeyResponse } from "../serf/key-messages.ts";
import { OUR_VERSIONS } from "../serf/serf.ts";
import { decodeTags } from "../serf/tags.ts";
import { compress, openPacket, sealPacket } from "./packet.ts";
import { decodeSerfMessage, encodeSerfMessage, type SerfMessage } from "./serf-messages.ts";
import { readStream, type StreamMessage, sealStream } from "./stream.ts";
import { decodeSwimMessage, encodeSwimMessage, type SwimMessage } from "./swim-messages.ts";

/**
 * Bytes of messages of which `recorded.ts` has none. Those said to be seen went between Serf 0.9.4 or Nomad 0.4.1 and
 * another program; the others are what the fields of memberlist 0.2.2 and Serf 0.9.4 come to in Go's msgpack: a map
 * whose keys are sorted, texts and bytes alike as raw.
 */

/** Hexadecimal digits as they are, and texts in quotes with the byte before them that says how long they are. */
function bytes(text: string): Buffer {
  const hex = text.replace(/"([^"]*)"/g, (_, raw: string) => {
    return (0xa0 + raw.length).toString(16) + Buffer.from(raw, "latin1").toString("hex");
  });
  return Buffer.from(hex.replaceAll(/\s/g, ""), "hex");
}

const packing = { crc: false, keyring: undefined, random: new SeededRandom("golden") };
const sender = { ip: "10.0.0.1", port: 4648 };

/** Seen from Serf 0.9.4 on its newest protocol. */
const seenAlive = bytes(`
  04 86 "Addr" a47f000001 "Incarnation" 01 "Meta" aaff81 "role" "db" "Node" "srf" "Port" cd9514 "Vsn" a6010502020505`);

test("a member that was seen to say who it is", () => {
  const message = decodeSwimMessage(seenAlive);
  assert.ok(message.kind === "alive");
  const { meta, ...node } = message.node;
  assert.equal(message.incarnation, 1);
  assert.deepEqual(node, {
    name: "srf",
    ip: "127.0.0.1",
    port: 38164,
    versions: { ...OUR_VERSIONS, delegateCurrent: 5 },
  });
  assert.deepEqual({ ...decodeTags(meta) }, { role: "db" });
  assert.deepEqual(Buffer.from(encodeSwimMessage(message)), seenAlive);
});

test("the versions we say we speak are those that Serf 0.9.4 and Nomad 0.4.1 were seen to accept", () => {
  const node = { name: "a", ...sender, meta: new Uint8Array(), versions: OUR_VERSIONS };
  const alive = Buffer.from(encodeSwimMessage({ kind: "alive", incarnation: 1, node }));
  assert.ok(alive.toString("hex").endsWith(bytes(`"Vsn" a6 010502020504`).toString("hex")));
});

test("tags without their first byte are a role, as the oldest Serf had it", () => {
  assert.deepEqual({ ...decodeTags(Buffer.from("db")) }, { role: "db" });
});

test("an answer to a probe may bear coordinates, of which nothing is kept", () => {
  const zeros = "cb0000000000000000".repeat(8);
  // Of a member that has just started: error 1.5, height 0.00001.
  const coordinate = bytes(`
    01 84 "Adjustment" cb0000000000000000 "Error" cb3ff8000000000000 "Height" cb3ee4f8b588e368f1 "Vec" 98 ${zeros}`);
  const length = coordinate.length.toString(16).padStart(4, "0");
  const ack = bytes(`02 82 "Payload" da${length} ${coordinate.toString("hex")} "SeqNo" 07`);
  assert.deepEqual(decodeSwimMessage(ack), { kind: "ack", sequence: 7 });
});

const older: readonly (readonly [string, SwimMessage])[] = [
  [`00 82 "Node" "n" "SeqNo" 01`, { kind: "ping", sequence: 1, node: "n", source: undefined }],
  [
    `01 85 "Nack" c3 "Node" "n" "Port" cd1228 "SeqNo" 02 "Target" a40a000001`,
    { kind: "indirectPing", sequence: 2, target: sender, node: "n", wantsNack: true, source: undefined },
  ],
];

test("Nomad's own members do not say who asks, and their probes are read", () => {
  for (const [wire, message] of older) {
    assert.deepEqual(decodeSwimMessage(bytes(wire)), message);
    assert.deepEqual(Buffer.from(encodeSwimMessage(message)), bytes(wire));
  }
});

test("messages in one packet follow their lengths; a lone one stands bare, or in a compound of one as Nomad's", () => {
  const nacks: readonly SwimMessage[] = [1, 2].map((sequence) => ({ kind: "nack", sequence }));
  const compound = bytes(`07 02 0009 0009 0b 81 "SeqNo" 01 0b 81 "SeqNo" 02`);
  assert.deepEqual(Buffer.from(sealPacket(nacks.map(encodeSwimMessage), packing)), compound);
  assert.deepEqual(openPacket(compound, undefined).messages, nacks);
  assert.deepEqual(openPacket(bytes(`07 01 0009 0b 81 "SeqNo" 01`), undefined).messages, nacks.slice(0, 1));
});

const streams: readonly (readonly [string, StreamMessage])[] = [
  [`00 82 "Node" "n" "SeqNo" 01`, { kind: "ping", sequence: 1, node: "n" }],
  [`02 82 "Payload" a0 "SeqNo" 01`, { kind: "ack", sequence: 1 }],
  [`08 81 "UserMsgLen" 02 6162`, { kind: "user", payload: Buffer.from("ab") }],
  [`0d 81 "Error" "no"`, { kind: "error", text: "no" }],
  [
    `06 83 "Join" c3 "Nodes" 01 "UserStateLen" 02
     87 "Addr" a40a000001 "Incarnation" 03 "Meta" a0 "Name" "n" "Port" cd1228 "State" 03 "Vsn" a6010502020504
     7879`,
    {
      kind: "pushPull",
      state: {
        join: true,
        nodes: [
          {
            node: { name: "n", ...sender, meta: new Uint8Array(), versions: OUR_VERSIONS },
            incarnation: 3,
            state: "left",
          },
        ],
        userState: Buffer.from("xy"),
      },
    },
  ],
];

for (const [wire, message] of streams) {
  test(`a stream with "${message.kind}": read bare, as peers accept it, and written compressed, as they do`, async () => {
    const read = await readStream(source(bytes(wire)), undefined);
    assert.deepEqual(plain(read), plain(message));
    assert.deepEqual(sealStream(message, undefined, packing.random), compress(bytes(wire)));
  });
}

const serf: readonly (readonly [string, SerfMessage])[] = [
  [`00 83 "LTime" 02 "Node" "n" "Prune" c3`, { kind: "leave", time: 2, node: "n", prune: true }],
  [`01 82 "LTime" 02 "Node" "n"`, { kind: "join", time: 2, node: "n" }],
  [
    `02 86 "EventLTime" 05 "Events" 91 82 "Events" 91 82 "Name" "e" "Payload" a178 "LTime" 04
     "LTime" 06 "LeftMembers" 91 "b" "QueryLTime" 03 "StatusLTimes" 81 "b" 02`,
    {
      kind: "state",
      state: {
        memberTime: 6,
        eventTime: 5,
        queryTime: 3,
        statusTimes: new Map([["b", 2]]),
        left: ["b"],
        events: [{ time: 4, name: "e", payload: Buffer.from("x"), coalesce: false }],
      },
    },
  ],
  [
    `03 84 "CC" c2 "LTime" 04 "Name" "e" "Payload" a178`,
    { kind: "event", event: { time: 4, name: "e", payload: Buffer.from("x"), coalesce: false } },
  ],
  [
    `05 85 "Flags" 01 "From" "n" "ID" ce7fffffff "LTime" 04 "Payload" a0`,
    { kind: "response", response: { time: 4, id: 0x7fffffff, from: "n", isAck: true, payload: new Uint8Array() } },
  ],
  [
    `09 82 "DestAddr" 83 "IP" a40a000001 "Port" cd1228 "Zone" a0 "DestName" "n" 01 82 "LTime" 02 "Node" "n"`,
    { kind: "relay", to: sender, name: "n", message: bytes(`01 82 "LTime" 02 "Node" "n"`) },
  ],
];

for (const [wire, message] of serf) {
  test(`Serf's "${message.kind}" is read and written as its fields say`, () => {
    assert.deepEqual(plain(decodeSerfMessage(bytes(wire))), plain(message));
    assert.deepEqual(Buffer.from(encodeSerfMessage(message)), bytes(wire));
  });
}

test("Nomad's own members leave without a word about pruning, and ask without saying who relays", () => {
  const leave = bytes(`00 82 "LTime" 02 "Node" "n"`);
  assert.deepEqual(decodeSerfMessage(leave), { kind: "leave", time: 2, node: "n", prune: false });
  const asked = bytes(`
    04 89 "Addr" a40a000001 "Filters" c0 "Flags" 00 "ID" 07 "LTime" 01 "Name" "q" "Payload" c0 "Port" cd1228
    "Timeout" ce3b9aca00`);
  const query = decodeSerfMessage(asked);
  assert.ok(query.kind === "query");
  assert.deepEqual(plain(query.query), {
    time: 1,
    id: 7,
    asker: sender,
    askerName: "",
    filters: [],
    wantsAck: false,
    noRebroadcast: false,
    relayFactor: 0,
    timeoutNanoseconds: 1e9,
    name: "q",
    payload: "",
  });
});

test("questions about keys as they were seen, and their answers, with the key in use or as Nomad's without", () => {
  const list = bytes(`07 81 "Key" a0`);
  assert.deepEqual(Buffer.from(encodeKeyRequest(new Uint8Array())), list);
  assert.equal(decodeKeyRequest(list).length, 0);
  const response = { ok: true, message: "", keys: ["a2V5"], primaryKey: "a2V5" };
  const answer = bytes(`08 84 "Keys" 91 "a2V5" "Message" a0 "PrimaryKey" "a2V5" "Result" c3`);
  assert.deepEqual(Buffer.from(encodeKeyResponse(response)), answer);
  assert.deepEqual(decodeKeyResponse(answer), response);
  const without = bytes(`08 83 "Keys" 91 "a2V5" "Message" a0 "Result" c3`);
  assert.deepEqual(decodeKeyResponse(without), { ...response, primaryKey: "" });
});

async function* source(whole: Uint8Array): AsyncGenerator<Uint8Array> {
  yield whole;
}

/** With bytes as hexadecimal, whatever kind of array holds them, and maps as lists. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Map) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
