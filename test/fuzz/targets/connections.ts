import assert from "node:assert/strict";
import { SeededRandom } from "../../../src/base/index.ts";
import { voter } from "../../../src/raft/core/core-cluster.ts";
import { framed } from "../../../src/raft/frames.ts";
import { encodeIntroduction } from "../../../src/raft/handshake.ts";
import { raftTransport } from "../../../src/raft/network-transport.ts";
import { encodeMessage } from "../../../src/raft/wire.ts";
import { encodeCall } from "../../../src/rpc/call-format.ts";
import { firstByte } from "../../../src/rpc/first-byte.ts";
import { encodeHeader, frameFlag, frameType } from "../../../src/rpc/frame.ts";
import { RpcListener } from "../../../src/rpc/listener.ts";
import { serveSnapshots } from "../../../src/rpc/snapshot-stream.ts";
import { type Connection, logInto, ManualClock, type Network, unmeasured } from "../../../src/runtime/index.ts";
import type { Target } from "../target.ts";

const clock = new ManualClock();
/** How connections may break, besides by a rule that the peer broke; what else ends one is a bug. */
const usual = ["The peer ends the session: code ", "it ended before it said who it is"];
const surprises: string[] = [];
const log = logInto(({ phrase, fields }) => {
  const isBreak = phrase === "connection broke" || phrase === "a server's connection ended";
  const text = String(fields.error);
  if (isBreak && !usual.some((beginning) => text.startsWith(beginning))) surprises.push(text);
});

const transport = raftTransport(
  { clock, random: new SeededRandom("raft"), log },
  {
    id: "a",
    address: "a:4647",
    connect: () => Promise.reject(new Error("nowhere")),
    admits: ({ from }) => from === "b",
  },
);
transport.membersChanged([voter("a")]);
transport.listen(() => {});

const options = {
  handlers: new Map([["Status.Ping", async () => ({})]]),
  protocols: new Map([
    [firstByte.raft, (connection: Connection) => transport.accept(connection)],
    [
      firstByte.snapshot,
      (connection: Connection) =>
        serveSnapshots(clock, connection, {
          save: async () => ({ digest: "d", index: 1, knownLeader: true, lastContact: 0, archive: pieces("archive") }),
          restore: async (state) => {
            let bytes = 0;
            for await (const piece of state) bytes += piece.length;
            return bytes;
          },
        }),
    ],
  ]),
};

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array, void> {
  for (const text of texts) yield Buffer.from(text);
}

const ping = encodeCall({ ServiceMethod: "Status.Ping", Seq: 1 }, {});
const frame = (type: number, flags: number, stream: number, length: number) =>
  encodeHeader({ type, flags, stream, length });
const pingIn = (stream: number) => [
  frame(frameType.windowUpdate, frameFlag.syn, stream, 0),
  frame(frameType.data, 0, stream, ping.length),
  ping,
  frame(frameType.windowUpdate, frameFlag.fin, stream, 0),
];
const introduction = framed(encodeIntroduction({ from: "b", address: "b:4647", to: "a" }));
const vote = framed(encodeMessage({ kind: "voteRequest", ballot: "real", term: 2, lastIndex: 3, lastTerm: 1 }));
const said = (kind: number, content: string) => {
  const head = Buffer.from([kind, 0, 0, 0, content.length]);
  return Buffer.concat([head, Buffer.from(content)]);
};
const asks = (ask: string) => said(1, JSON.stringify({ ask, region: "", stale: false }));
const sample = (byte: number, ...parts: readonly Uint8Array[]) => Buffer.concat([Buffer.of(byte), ...parts]);

/** Connections to a server's port from their first byte on: who has none of its keys may send them. */
export const connections: Target = {
  name: "connections",
  samples: [
    sample(firstByte.rpc, ping, ping),
    sample(firstByte.multiplex, ...pingIn(1), ...pingIn(3), frame(frameType.ping, frameFlag.syn, 0, 7)),
    sample(firstByte.multiplex, ...pingIn(1), frame(frameType.goAway, 0, 0, 0)),
    sample(firstByte.raft, ...introduction, ...vote, ...vote),
    sample(firstByte.snapshot, asks("save")),
    sample(firstByte.snapshot, asks("restore"), said(5, ""), said(2, "state"), said(3, "")),
    sample(firstByte.tls, Buffer.from("1603010200010001fc0303", "hex")),
  ],
  refusals: [],
  async feed(input, random) {
    const over = Promise.withResolvers<void>();
    let accept = (_: Connection) => {};
    const listen: Network["listen"] = async (address, accepts) => {
      accept = accepts;
      return { address, close: async () => {} };
    };
    const runtime = { clock, log, metrics: unmeasured, network: { listen } as Network };
    const listener = await RpcListener.listen(runtime, "10.0.0.1:4647", options);
    const cut = random.below(input.length + 1);
    accept({
      remoteAddress: "10.0.0.9:4000",
      incoming: inTwo(input, cut),
      write: async () => {},
      close: () => over.resolve(),
    });
    await over.promise;
    await listener.close();
    assert.deepEqual(surprises.splice(0), []);
    assert.equal(clock.waiting, 0, "what is left behind on the clock");
  },
};

async function* inTwo(bytes: Uint8Array, cut: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, cut);
  yield bytes.subarray(cut);
}
