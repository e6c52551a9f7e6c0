import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Duration, milliseconds, seconds, whenAborted } from "../base/index.ts";
import { type Clock, type Connection, ManualClock } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { decodeFirstMsgpack, encodeMsgpack } from "../wire/index.ts";
import { RpcListener, type RpcListenerOptions } from "./listener.ts";
import type { IncomingCall, RpcHandler } from "./serve-calls.ts";
import { quietRuntime } from "./testing/quiet-runtime.ts";
import { YamuxSession } from "./yamux.ts";
import type { YamuxStream } from "./yamux-stream.ts";

const { network, clock: realClock } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const never = new AbortController().signal;

const handlers: [string, RpcHandler][] = [
  ["Status.Ping", async () => ({})],
  ["Echo.Back", async (body) => body],
  ["Echo.Fail", async () => Promise.reject(new Error("job not found"))],
];

/** A listener on a free port; ends with the test. */
async function listening(
  context: TestContext,
  options: Partial<Omit<RpcListenerOptions, "handlers">> & { handlers?: [string, RpcHandler][] } = {},
  clock: Clock = realClock,
) {
  const runtime = quietRuntime(network, clock);
  const all = new Map([...handlers, ...(options.handlers ?? [])]);
  const listener = await RpcListener.listen(runtime, "127.0.0.1:0", { ...options, handlers: all });
  context.after(() => listener.close());
  return { listener, runtime };
}

/** A client that says and hears bytes. */
async function connected(context: TestContext, listener: RpcListener) {
  const connection = await network.connect(listener.address, never);
  context.after(() => connection.close());
  const chunks = connection.incoming[Symbol.asyncIterator]();
  let unread = Buffer.alloc(0);
  return {
    connection,
    say: (...parts: Uint8Array[]) => connection.write(Buffer.concat(parts)),
    /** The next `length` bytes, fewer if the connection ends. */
    async hear(length: number): Promise<Buffer> {
      while (unread.length < length) {
        const { done, value } = await chunks.next().catch(() => ({ done: true, value: undefined }));
        if (done === true || value === undefined) break;
        unread = Buffer.concat([unread, value]);
      }
      const heard = unread.subarray(0, length);
      unread = unread.subarray(length);
      return heard;
    },
  };
}

const mode = (byte: number) => Uint8Array.of(byte);
const header = (method: string, seq = 1) => encodeMsgpack({ ServiceMethod: method, Seq: seq });
const request = (method: string, body: unknown = {}, seq = 1) =>
  Buffer.concat([header(method, seq), encodeMsgpack(body)]);

function messages(bytes: Uint8Array): unknown[] {
  const all: unknown[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = decodeFirstMsgpack(bytes.subarray(at));
    all.push(JSON.parse(JSON.stringify(value)));
    at += end;
  }
  return all;
}

const pingRequest = Buffer.from("82a353657101ad536572766963654d6574686f64ab5374617475732e50696e6780", "hex");
const pingReply = Buffer.from(
  "83a54572726f72a0a353657101ad536572766963654d6574686f64ab5374617475732e50696e6780",
  "hex",
);

test("the recorded ping: bytes in, bytes out, again on the same connection", async (context) => {
  const { listener } = await listening(context);
  const client = await connected(context, listener);
  await client.say(mode(1), pingRequest);
  assert.deepEqual(await client.hear(pingReply.length), pingReply);
  for (const byte of pingRequest) await client.say(Uint8Array.of(byte));
  assert.deepEqual(await client.hear(pingReply.length), pingReply);
});

test("the recorded ping over a multiplexed stream", async (context) => {
  const { listener } = await listening(context);
  const client = await connected(context, listener);
  const frame = Buffer.from("000000000000000100000021", "hex");
  await client.say(mode(3), Buffer.from("000100010000000100000000", "hex"), frame, pingRequest);
  const length = pingReply.length.toString(16).padStart(8, "0");
  assert.equal(
    (await client.hear(24 + pingReply.length)).toString("hex"),
    `0001000200000001000000000000000000000001${length}${pingReply.toString("hex")}`,
  );
});

test("a method's error is an answer, and the stream goes on", async (context) => {
  const { listener } = await listening(context);
  const client = await connected(context, listener);
  await client.say(mode(1), request("Echo.Fail", {}, 7), request("Echo.Back", { A: [1] }, 8));
  const failed = { Error: "job not found", Seq: 7, ServiceMethod: "Echo.Fail" };
  const back = { Error: "", Seq: 8, ServiceMethod: "Echo.Back" };
  const expected = Buffer.concat([failed, {}, back, { A: [1] }].map(encodeMsgpack));
  assert.deepEqual(messages(await client.hear(expected.length)), [failed, {}, back, { A: [1] }]);
});

const unknown: Record<string, string> = {
  "Nope.Ping": "rpc: can't find service Nope.Ping",
  "Status.Nope": "rpc: can't find method Status.Nope",
  nope: "rpc: service/method request ill-formed: nope",
};

for (const [method, text] of Object.entries(unknown)) {
  test(`"${method}" is refused by name, and the stream is closed`, async (context) => {
    const { listener } = await listening(context);
    const client = await connected(context, listener);
    await client.say(mode(1), request(method), pingRequest);
    assert.deepEqual(messages(await client.hear(10_000)), [{ Error: text, Seq: 1, ServiceMethod: method }, {}]);
  });
}

const silences: Record<string, Uint8Array> = {
  "that says nothing": Buffer.alloc(0),
  "that stops in its first frame": Uint8Array.of(3, 0, 1, 0),
  "that stops in its first header": Uint8Array.of(1, 0x82, 0xa3),
  "that only says what it is for": Uint8Array.of(1),
};

for (const [name, bytes] of Object.entries(silences)) {
  test(`a connection ${name} is closed after five seconds`, async (context) => {
    const clock = new ManualClock();
    const { listener } = await listening(context, {}, clock);
    const client = await connected(context, listener);
    await client.say(bytes);
    await until(() => listener.connections === 1);
    await clock.advance(milliseconds(4_999));
    assert.equal(listener.connections, 1);
    await clock.advance(milliseconds(1));
    assert.equal((await client.hear(1)).length, 0);
    await until(() => listener.connections === 0);
  });
}

test("a connection that was heard may be silent for long", async (context) => {
  const clock = new ManualClock();
  const { listener } = await listening(context, {}, clock);
  const client = await connected(context, listener);
  await client.say(mode(1), pingRequest);
  await client.hear(pingReply.length);
  await clock.advance(seconds(60));
  await client.say(pingRequest);
  assert.deepEqual(await client.hear(pingReply.length), pingReply);
});

test("a message that is begun goes on, or the connection ends", async (context) => {
  const clock = new ManualClock();
  const { listener, runtime } = await listening(context, {}, clock);
  const client = await connected(context, listener);
  await client.say(mode(1), pingRequest);
  await client.hear(pingReply.length);
  await client.say(Uint8Array.of(0x82));
  const ended = client.hear(1);
  let over = false;
  const noted = ended.then(() => {
    over = true;
  });
  while (!over) {
    await clock.advance(seconds(1));
    await turn();
  }
  await noted;
  assert.equal(runtime.warnings[0]?.[1].error, "a message does not go on");
});

test("strangers are closed at once, with one line a second", async (context) => {
  const clock = new ManualClock();
  const { listener, runtime } = await listening(context, {}, clock);
  const hello = [Buffer.from("GET / HTTP/1.1\r\n\r\n"), Uint8Array.of(0x16, 3, 1), mode(4), mode(0)];
  for (const bytes of hello) {
    const client = await connected(context, listener);
    await client.say(bytes);
    assert.equal((await client.hear(1)).length, 0);
  }
  assert.equal(runtime.warnings.length, 1);
  assert.equal(runtime.warnings[0]?.[0], "unrecognized first byte");
  assert.match(String(runtime.warnings[0]?.[1].from), /^127\.0\.0\.1:\d+$/);
  await clock.advance(seconds(1));
  const client = await connected(context, listener);
  await client.say(mode(9));
  await client.hear(1);
  assert.equal(runtime.warnings.length, 2);
  assert.equal(runtime.warnings[1]?.[1].leftOut, 3);
});

const bodies: Record<string, [Uint8Array, RegExp]> = {
  "five megabytes of nested arrays": [Buffer.alloc(5_000_000, 0x91), /maximum decoding depth of 64 exceeded/],
  "a claim of four gigabytes": [Buffer.from("dbffffffff", "hex"), /longer than 67108864 bytes/],
  "an extension": [Buffer.from("d40100", "hex"), /type 0xd4/],
  "a key twice": [Buffer.from("82a16101a16102", "hex"), /comes twice/],
  "no number": [Buffer.from("cb7ff8000000000000", "hex"), /not finite/],
};

for (const [name, [body, text]] of Object.entries(bodies)) {
  test(`${name} as a body: an error answer, then the connection ends with a line`, async (context) => {
    const { listener, runtime } = await listening(context);
    const client = await connected(context, listener);
    const said = client.say(mode(1), header("Echo.Back"), body).catch(() => {});
    const [answer, empty] = messages(await client.hear(10_000)) as [{ Error: string }, object];
    assert.match(answer.Error, text);
    assert.deepEqual(empty, {});
    await said;
    await until(() => listener.connections === 0);
    assert.equal(runtime.warnings[0]?.[0], "peer breaks the rules, disconnected");
  });
}

test("over a multiplexed connection such a body ends all its streams, and the listener lives", async (context) => {
  const { listener } = await listening(context);
  const client = await multiplexed(context, listener);
  const stream = client.open();
  const said = stream.write(Buffer.concat([header("Echo.Back"), Buffer.alloc(100_000, 0x91)])).catch(() => {});
  const first = await stream.read();
  assert.match(Buffer.from(first ?? []).toString("latin1"), /maximum decoding depth/);
  await said;
  await until(() => client.over.aborted);
  const other = await connected(context, listener);
  await other.say(mode(1), pingRequest);
  assert.deepEqual(await other.hear(pingReply.length), pingReply);
});

test("from one address there are only so many connections, and room again when one ends", async (context) => {
  const { listener, runtime } = await listening(context, { mostPerAddress: 2 });
  const first = await connected(context, listener);
  const second = await connected(context, listener);
  for (const client of [first, second]) {
    await client.say(mode(1), pingRequest);
    await client.hear(pingReply.length);
  }
  const third = await connected(context, listener);
  assert.equal((await third.hear(1)).length, 0);
  assert.equal(runtime.warnings[0]?.[0], "too many connections");
  first.connection.close();
  await until(() => listener.connections === 1);
  const fourth = await connected(context, listener);
  await fourth.say(mode(1), pingRequest);
  assert.deepEqual(await fourth.hear(pingReply.length), pingReply);
});

test("a connection for another protocol is handed over, with what came behind the first byte", async (context) => {
  const heard = Promise.withResolvers<string>();
  const raft = async (connection: Connection) => {
    for await (const bytes of connection.incoming) {
      await connection.write(Buffer.from("welcome"));
      heard.resolve(Buffer.from(bytes).toString());
      return;
    }
  };
  const { listener } = await listening(context, { protocols: new Map([[2, raft]]) });
  const client = await connected(context, listener);
  await client.say(mode(2), Buffer.from("hello"));
  assert.equal((await client.hear(7)).toString(), "welcome");
  assert.equal(await heard.promise, "hello");
  assert.equal((await client.hear(1)).length, 0);
});

/** A handler that answers only when its caller is gone, and tells. */
function waiting() {
  const begun = Promise.withResolvers<IncomingCall>();
  const ended = Promise.withResolvers<void>();
  const handler: RpcHandler = async (_, call) => {
    begun.resolve(call);
    await new Promise<void>((resolve) => whenAborted(call.signal, () => resolve()));
    ended.resolve();
    return {};
  };
  return { begun: begun.promise, ended: ended.promise, handlers: [["Slow.Wait", handler]] as [string, RpcHandler][] };
}

test("a peer that goes away frees its call", async (context) => {
  const slow = waiting();
  const { listener } = await listening(context, slow);
  const client = await connected(context, listener);
  await client.say(mode(1), request("Slow.Wait"));
  assert.match((await slow.begun).remoteAddress, /^127\.0\.0\.1:\d+$/);
  client.connection.close();
  await slow.ended;
});

test("a stream that is reset frees its call, and the others go on", async (context) => {
  const slow = waiting();
  const { listener } = await listening(context, slow);
  const client = await multiplexed(context, listener);
  const stream = client.open();
  await stream.write(request("Slow.Wait"));
  await slow.begun;
  stream.reset();
  await slow.ended;
  const other = client.open();
  await other.write(pingRequest);
  assert.deepEqual(await read(other, pingReply.length), pingReply);
});

test("a peer that ends its side still gets the answer under way", async (context) => {
  const { listener } = await listening(context);
  const client = await multiplexed(context, listener);
  const stream = client.open();
  const said = stream.write(pingRequest);
  await said;
  stream.end();
  assert.deepEqual(await read(stream, pingReply.length), pingReply);
  assert.equal(await stream.read(), undefined);
});

test("calls that do not heed their signal are counted though their streams are gone", async (context) => {
  let running = 0;
  const free = Promise.withResolvers<void>();
  const stubborn: RpcHandler = async () => {
    running++;
    await free.promise;
    return {};
  };
  const { listener } = await listening(context, { handlers: [["Slow.Stubborn", stubborn]] });
  const client = await multiplexed(context, listener);
  for (let each = 1; each <= 256; each++) {
    const stream = client.open();
    await stream.write(request("Slow.Stubborn"));
    await until(() => running === each);
    stream.reset();
  }
  const last = client.open();
  await assert.rejects(async () => {
    await last.write(pingRequest);
    await last.read();
  });
  free.resolve();
  assert.equal(running, 256);
});

test("of large answers that nobody reads no more are made than one beyond the bound", async (context) => {
  let asked = 0;
  const large: RpcHandler = async () => {
    asked++;
    return { Data: "x".repeat(20 << 20) };
  };
  const small: RpcHandler = async () => ({});
  const { listener } = await listening(context, {
    handlers: [
      ["Big.Get", large],
      ["Small.Get", small],
    ],
  });
  const client = await multiplexed(context, listener);
  const streams: YamuxStream[] = [];
  for (let each = 0; each < 6; each++) {
    const stream = client.open();
    streams.push(stream);
    await stream.write(request("Big.Get"));
    await until(() => asked === each + 1);
  }
  const other = client.open();
  await other.write(request("Small.Get"));
  await until(() => other.unread > 0);
  assert.deepEqual(
    streams.map((stream) => stream.unread > 0),
    [true, false, false, false, false, false],
  );
});

test("a listener that closes ends calls and connections", async (context) => {
  const slow = waiting();
  const { listener } = await listening(context, slow);
  const client = await multiplexed(context, listener);
  await client.open().write(request("Slow.Wait"));
  await slow.begun;
  await listener.close();
  await slow.ended;
  await until(() => client.over.aborted);
  assert.equal(listener.connections, 0);
});

async function multiplexed(context: TestContext, listener: RpcListener): Promise<YamuxSession> {
  const connection = await network.connect(listener.address, never);
  await connection.write(mode(3));
  const session = new YamuxSession(realClock, connection, { side: "client" });
  const running = session.run().catch(() => {});
  context.after(async () => {
    session.close();
    await running;
  });
  return session;
}

async function read(stream: YamuxStream, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let got = 0; got < length; ) {
    const part = await stream.read();
    if (part === undefined) break;
    parts.push(part);
    got += part.length;
  }
  return Buffer.concat(parts);
}

const patience: Duration = milliseconds(1);

function turn(): Promise<void> {
  return realClock.sleep(patience, never);
}

/** Waits for what the other end of a socket brings about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
