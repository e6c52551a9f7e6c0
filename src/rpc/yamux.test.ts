import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seconds } from "../base/index.ts";
import { ManualClock, settled } from "../runtime/index.ts";
import { StreamClosed } from "./errors.ts";
import { encodeHeader, frameFlag, frameType } from "./frame.ts";
import { RawPeer } from "./testing/pipe.ts";
import { YamuxSession } from "./yamux.ts";
import type { YamuxStream } from "./yamux-stream.ts";

const opening = "00 01 0001 00000001 00000000";
const hex = (text: string) => text.replaceAll(" ", "");
const data = (stream: number, payload: Uint8Array, flags = 0) =>
  Buffer.concat([encodeHeader({ type: frameType.data, flags, stream, length: payload.length }), payload]);

/** A server's session with a peer in the hands of the test. */
function server(accept: (stream: YamuxStream) => void = () => {}) {
  const time = new ManualClock();
  const peer = new RawPeer();
  const session = new YamuxSession(time, peer.connection, { side: "server", accept });
  const over = session.run().then(
    () => "ended",
    (error: Error) => error.message,
  );
  return { time, peer, session, over };
}

/** Streams as they are accepted. */
function accepted() {
  const streams: YamuxStream[] = [];
  return { streams, accept: (stream: YamuxStream) => void streams.push(stream) };
}

test("the exchange that was recorded: open, data, accept, data back, close", async () => {
  const { peer, session, over } = server(async (stream) => {
    for await (const bytes of stream.incoming) await stream.write(bytes);
    stream.close();
  });
  peer.send(`${opening} 00 00 0000 00000001 00000003 616263`);
  assert.equal(await peer.heard(27), hex("00 01 0002 00000001 00000000 00 00 0000 00000001 00000003 616263"));
  peer.send("00 01 0004 00000001 00000000");
  assert.equal(await peer.heard(12), hex("00 01 0004 00000001 00000000"));
  session.close();
  assert.equal(await over, "ended");
});

test("what was written before a session ends goes out, and many frames go out together", async () => {
  const { streams, accept } = accepted();
  const { peer, session } = server(accept);
  peer.send(opening);
  await peer.heard(12);
  for (const text of ["a", "bc", "d"]) void streams[0]?.write(Buffer.from(text));
  session.close();
  const frame = (text: string) => data(1, Buffer.from(text)).toString("hex");
  assert.equal(await peer.heard(1), frame("a") + frame("bc") + frame("d"));
});

test("who writes much to a peer that takes nothing waits, and is told when the session breaks", async () => {
  const { streams, accept } = accepted();
  const { peer, session, time, over } = server(accept);
  for (let each = 0; each < 20; each++) {
    peer.send(encodeHeader({ type: frameType.windowUpdate, flags: frameFlag.syn, stream: 1 + 2 * each, length: 0 }));
  }
  await peer.heard(20 * 12);
  peer.deaf = true;
  let done = 0;
  const broken: string[] = [];
  for (const stream of streams) {
    const written = stream.write(Buffer.alloc(16_000));
    written.then(
      () => done++,
      (error: Error) => broken.push(error.message),
    );
  }
  await settled();
  assert.ok(done > 0 && done < 20, `${done} go on`);
  assert.deepEqual(broken, []);
  await time.advance(seconds(10));
  assert.equal(await over, "The peer takes nothing any more");
  assert.equal(done + broken.length, 20);
  assert.equal(session.takesStreams, false);
});

test("a ping is answered with its value, and a frame may come byte by byte", async () => {
  const { peer } = server();
  for (const byte of Buffer.from("000200010000000000000063", "hex")) peer.send(Uint8Array.of(byte));
  assert.equal(await peer.heard(12), hex("00 02 0002 00000000 00000063"));
});

test("who dials opens odd streams, and writes before it is accepted", async () => {
  const peer = new RawPeer();
  const session = new YamuxSession(new ManualClock(), peer.connection, { side: "client" });
  const over = session.run();
  const stream = session.open();
  const written = stream.write(Buffer.from("hi"));
  assert.equal(await peer.heard(26), hex(`${opening} 00 00 0000 00000001 00000002 6869`));
  await written;
  peer.send("00 01 0002 00000001 00000000 00 00 0004 00000001 00000002 6f6b");
  assert.equal(Buffer.from((await stream.read()) ?? []).toString(), "ok");
  assert.equal(await stream.read(), undefined);
  assert.equal(session.open().id, 3);
  session.close();
  await over;
});

test("a writer stops at the window and goes on when it is widened", async () => {
  const { streams, accept } = accepted();
  const { peer } = server(accept);
  peer.send(opening);
  await peer.heard(12);
  let done = false;
  const written = streams[0]?.write(Buffer.alloc(300_000)).then(() => {
    done = true;
  });
  const frames = 16;
  assert.equal((await peer.heard(262_144 + frames * 12)).length / 2, 262_144 + frames * 12);
  await settled();
  assert.equal(done, false);
  peer.send("00 01 0000 00000001 00020000");
  await written;
  assert.equal((await peer.heard(300_000 - 262_144 + 3 * 12)).length / 2, 300_000 - 262_144 + 3 * 12);
});

test("a peer that gives no room for half a minute loses the stream, not the session", async () => {
  const { streams, accept } = accepted();
  const { time, peer, session } = server(accept);
  peer.send(opening);
  await peer.heard(12);
  const lost = assert.rejects(streams[0]?.write(Buffer.alloc(300_000)) ?? Promise.resolve(), {
    message: "The peer reads nothing any more",
  });
  await peer.heard(262_144 + 16 * 12);
  await time.advance(seconds(29));
  peer.send("00 02 0002 00000000 00000001");
  await time.advance(seconds(1));
  await lost;
  assert.ok(session.takesStreams);
});

test("a reader gives room back when it has read half a window", async () => {
  const { streams, accept } = accepted();
  const { peer } = server(accept);
  peer.send(opening);
  await peer.heard(12);
  const stream = streams[0] as YamuxStream;
  peer.send(data(1, Buffer.alloc(131_071)));
  for (let read = 0; read < 131_071; ) read += (await stream.read())?.length ?? 0;
  peer.send(data(1, Buffer.alloc(1)));
  await stream.read();
  assert.equal(await peer.heard(12), hex("00 01 0000 00000001 00020000"));
});

const violations: Record<string, [string | Uint8Array, RegExp]> = {
  "more data than the window": [
    Buffer.concat([Buffer.from(hex(opening), "hex"), data(1, Buffer.alloc(262_145))]),
    /262145/,
  ],
  "a frame of four gigabytes": [`${opening} 00 00 0000 00000001 ffffffff`, /4294967295/],
  "four gigabytes for an unknown stream": ["00 00 0000 00000063 ffffffff", /4294967295/],
  "the same stream twice": [`${opening} ${opening}`, /twice/],
  "a stream of our numbers": ["00 01 0001 00000002 00000000", /not its to open/],
  "stream zero": ["00 01 0001 00000000 00000000", /not its to open/],
  "another version": ["01 01 0001 00000001 00000000", /version 1/],
  "an unknown type": ["00 04 0000 00000001 00000000", /type 4/],
  "a window beyond 32 bits": [`${opening} 00 01 0000 00000001 ffffffff`, /wider/],
  HTTP: [Buffer.from("GET / HTTP/1.1\r\n\r\n"), /version 71/],
};

for (const [name, [bytes, message]] of Object.entries(violations)) {
  test(`${name}: the session ends with a go-away`, async () => {
    const { peer, over } = server();
    peer.send(bytes);
    assert.match(await over, message);
    assert.match(await peer.heard(12), /000300000000000000000001$/);
    assert.ok(peer.closed);
  });
}

test("two full windows of small frames are also too much", async () => {
  const { peer, over } = server();
  peer.send(opening);
  for (let sent = 0; sent <= 262_144; sent += 1_024) peer.send(data(1, Buffer.alloc(1_024)));
  assert.match(await over, /1024 bytes where 0 may come/);
});

test("data for an unknown stream is thrown away and the session lives", async () => {
  const { peer } = server();
  peer.send(data(99, Buffer.from("late")));
  peer.send("00 02 0001 00000000 00000007");
  assert.equal(await peer.heard(12), hex("00 02 0002 00000000 00000007"));
});

test("256 streams are accepted, more are reset, and a flood of them ends the session", async () => {
  const { streams, accept } = accepted();
  const { peer, over } = server(accept);
  const open = (id: number) =>
    encodeHeader({ type: frameType.windowUpdate, flags: frameFlag.syn, stream: id, length: 0 });
  for (let each = 0; each < 257; each++) peer.send(open(1 + 2 * each));
  const answers = await peer.heard(257 * 12);
  assert.equal(streams.length, 256);
  assert.equal(answers.slice(-24), hex("00 01 0008 00000201 00000000"));
  for (let each = 257; each < 100_000; each++) peer.send(open(1 + 2 * each));
  assert.match(await over, /opens streams without end/);
});

test("a peer that takes no answers is not read from, and loses the session", async () => {
  const { time, peer, over } = server();
  peer.deaf = true;
  const pings = Buffer.concat(
    Array.from({ length: 5_000 }, () => Buffer.from(hex("00 02 0001 00000000 00000063"), "hex")),
  );
  for (let each = 0; each < 100; each++) peer.send(pings);
  await time.advance(seconds(10));
  assert.equal(await over, "The peer takes nothing any more");
});

test("what nobody reads stops the reading at eight megabytes, and reading goes on when it is read", async () => {
  const { streams, accept } = accepted();
  const { peer } = server(accept);
  const window = Buffer.alloc(262_144, 1);
  for (let each = 0; each < 64; each++) {
    peer.send(encodeHeader({ type: frameType.windowUpdate, flags: frameFlag.syn, stream: 1 + 2 * each, length: 0 }));
    peer.send(data(1 + 2 * each, window));
  }
  await settled();
  await settled();
  const unread = streams.reduce((sum, stream) => sum + stream.unread, 0);
  assert.ok(unread > 8_000_000 && unread < 9_000_000, String(unread));
  for (let at = 0; at < 64; at++) {
    while (streams[at] === undefined || (streams[at] as YamuxStream).unread > 0) {
      await streams[at]?.read();
      await settled();
    }
  }
  assert.equal(streams.length, 64);
});

test("a silent peer is pinged, and given up when it does not answer", async () => {
  const { time, peer, over } = server();
  await time.advance(seconds(30));
  assert.equal(await peer.heard(12), hex("00 02 0001 00000000 00000001"));
  peer.send("00 02 0002 00000000 00000001");
  await time.advance(seconds(30));
  assert.equal(await peer.heard(12), hex("00 02 0001 00000000 00000002"));
  assert.equal(peer.closed, false);
  await time.advance(seconds(10));
  assert.equal(await over, "The peer answers no ping");
});

test("a reset tells reader and writer, and what was received before is dropped", async () => {
  const { streams, accept } = accepted();
  const { peer } = server(accept);
  peer.send(opening);
  peer.send(data(1, Buffer.from("half")));
  peer.send("00 01 0008 00000001 00000000");
  peer.send("00 02 0001 00000000 00000007");
  await peer.heard(24);
  const stream = streams[0] as YamuxStream;
  await assert.rejects(stream.read(), StreamClosed);
  await assert.rejects(stream.write(Buffer.from("x")), StreamClosed);
});

test("when the connection ends, what had come can be read, and then the reader is told", async () => {
  const { streams, accept } = accepted();
  const { peer, over } = server(accept);
  peer.send(opening);
  peer.send(data(1, Buffer.from("last")));
  peer.end();
  assert.equal(await over, "ended");
  assert.equal(Buffer.from((await streams[0]?.read()) ?? []).toString(), "last");
  await assert.rejects(streams[0]?.read() ?? Promise.resolve(), StreamClosed);
});

test("a peer that goes away in peace gets no more streams, and those it has go on", async () => {
  const { streams, accept } = accepted();
  const { peer, session } = server(accept);
  peer.send(opening);
  peer.send("00 03 0000 00000000 00000000");
  peer.send(data(1, Buffer.from("on")));
  await peer.heard(12);
  await settled();
  assert.throws(() => session.open(), StreamClosed);
  assert.equal(Buffer.from((await streams[0]?.read()) ?? []).toString(), "on");
});

test("two sessions carry many streams of random pieces both ways, each whole and in order", async () => {
  const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200_000, size: "max" }), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(payloads, async (sent) => {
      const [left, right] = joined();
      const time = new ManualClock();
      const echo = new YamuxSession(time, left, {
        side: "server",
        accept: async (stream) => {
          for await (const bytes of stream.incoming) await stream.write(bytes);
          stream.close();
        },
      });
      const asking = new YamuxSession(time, right, { side: "client" });
      const running = [echo.run(), asking.run()];
      const back = await Promise.all(sent.map((bytes) => echoed(asking.open(), bytes)));
      assert.deepEqual(
        back.map((bytes) => Buffer.compare(bytes, Buffer.alloc(0)) >= 0 && bytes.toString("hex")),
        sent.map((bytes) => Buffer.from(bytes).toString("hex")),
      );
      assert.equal(asking.ownStreams, 0);
      asking.close();
      echo.close();
      await Promise.all(running);
    }),
    { numRuns: 20 },
  );
});

async function echoed(stream: YamuxStream, bytes: Uint8Array): Promise<Buffer> {
  const writing = stream.write(bytes).then(() => stream.end());
  const parts: Uint8Array[] = [];
  for await (const part of stream.incoming) parts.push(part);
  await writing;
  return Buffer.concat(parts);
}

/** Two connections of which each hears what is written to the other. */
function joined() {
  const [left, right] = [new RawPeer(), new RawPeer()];
  const crossed = (from: RawPeer, to: RawPeer) => ({
    ...from.connection,
    write: async (bytes: Uint8Array) => to.send(Uint8Array.from(bytes)),
    close: () => {
      from.connection.close();
      to.end();
    },
  });
  return [crossed(left, right), crossed(right, left)] as const;
}

test("100,000 random frames end their session in peace or in a violation, and never hang it", async () => {
  let state = 20_161_122;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 0) / 0x1_0000_0000) * limit);
  };
  const frame = () =>
    encodeHeader({
      type: below(5),
      flags: below(16),
      stream: below(6),
      length: below(4) > 0 ? below(20) : below(2 ** 32),
    });
  for (let sessions = 0; sessions < 2_000; sessions++) {
    const { peer, session, over } = server((stream) => void stream.read().catch(() => {}));
    for (let frames = 0; frames < 50; frames++) {
      peer.send(below(4) === 0 ? Buffer.alloc(below(20), below(256)) : frame());
    }
    peer.end();
    assert.equal(typeof (await over), "string");
    assert.ok(session.over.aborted);
  }
});
