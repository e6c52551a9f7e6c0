import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import { ManualClock, settled } from "../runtime/index.ts";
import { NoAnswer, ProtocolViolation, RemoteError } from "./errors.ts";
import { type Snapshots, serveSnapshots, snapshotsOf } from "./snapshot-stream.ts";
import { RawPeer } from "./testing/pipe.ts";

const never = new AbortController().signal;
const here = { region: "", stale: false };

/** A server that has nothing to say. */
const silent: Snapshots = { save: () => new Promise(() => {}), restore: () => new Promise(() => {}) };

const frame = (kind: number, content: string): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = kind;
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, Buffer.from(content)]);
};

const texts = (hex: string): string => Buffer.from(hex, "hex").toString("latin1");

function asking(peer: RawPeer, clock = new ManualClock()): Snapshots {
  return snapshotsOf(clock, async () => peer.connection, "10.0.0.9:4647");
}

test("what a server saves comes as it was sent, and the connection is closed after it", async () => {
  const peer = new RawPeer();
  const about = { digest: "abc=", index: 7, knownLeader: true, lastContact: 0 };
  for (const each of [frame(1, JSON.stringify(about)), frame(5, ""), frame(2, "one "), frame(2, "two"), frame(3, "")])
    peer.send(each);
  const { archive, ...said } = await asking(peer).save(here, never);
  const parts: Uint8Array[] = [];
  for await (const piece of archive) parts.push(Buffer.from(piece));
  assert.deepEqual([Buffer.concat(parts).toString(), said, peer.closed], ["one two", about, true]);
});

test("an archive that breaks off is no archive", async () => {
  const peer = new RawPeer();
  peer.send(frame(1, JSON.stringify({ digest: "", index: 7, knownLeader: true, lastContact: 0 })));
  peer.send(frame(2, "one "));
  peer.end();
  const { archive } = await asking(peer).save(here, never);
  await assert.rejects(async () => {
    for await (const _ of archive);
  }, /The peer is gone/);
});

test("a server that refuses is heard, also while it is still being sent to", async () => {
  const peer = new RawPeer();
  peer.send(frame(4, "No cluster leader"));
  const endless = async function* () {
    for (;;) {
      yield Buffer.alloc(10);
      await settled();
    }
  };
  await assert.rejects(asking(peer).restore(endless(), here, never), new RemoteError("No cluster leader"));
});

test("a server that says nothing for half a minute is lost", async () => {
  const clock = new ManualClock();
  const asked = asking(new RawPeer(), clock).save(here, never);
  const lost = assert.rejects(asked, NoAnswer);
  await clock.advance(seconds(31));
  await lost;
});

test("a peer that sends nonsense is disconnected, and nothing is done for it", async () => {
  for (const nonsense of [frame(1, "{}"), frame(1, "no json"), frame(9, ""), frame(3, ""), Buffer.alloc(5, 0xff)]) {
    const peer = new RawPeer();
    peer.send(nonsense);
    await assert.rejects(serveSnapshots(new ManualClock(), peer.connection, silent), ProtocolViolation);
    assert.equal(peer.closed, true);
  }
});

test("a state that breaks off before its end is not restored, and its sender is told", async () => {
  const peer = new RawPeer();
  let isWhole = false;
  const restore: Snapshots["restore"] = async (state) => {
    for await (const _ of state);
    isWhole = true;
    return 1;
  };
  peer.send(frame(1, JSON.stringify({ ask: "restore", ...here })));
  peer.send(frame(2, "half"));
  peer.end();
  await serveSnapshots(new ManualClock(), peer.connection, { ...silent, restore });
  assert.deepEqual([isWhole, peer.closed], [false, true]);
  assert.match(texts(await peer.heard(0)), /The peer is gone/);
});
