import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { milliseconds, minutes, SeededRandom, seconds, whenAborted } from "../base/index.ts";
import { type Clock, type Connection, ManualClock, type Network, settled } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { SimNetwork, VirtualTime } from "../sim/index.ts";
import { encodeMsgpack } from "../wire/index.ts";
import { encodeCall } from "./call-format.ts";
import { NoAnswer, RemoteError } from "./errors.ts";
import { RpcListener } from "./listener.ts";
import { RpcPool, type RpcPoolOptions } from "./pool.ts";
import type { RpcHandler } from "./serve-calls.ts";
import { RawPeer } from "./testing/pipe.ts";
import { quietRuntime } from "./testing/quiet-runtime.ts";
import { YamuxSession } from "./yamux.ts";

const { network: tcp, clock: realClock } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const never = new AbortController().signal;

/** A network that counts what is dialled. */
function counting(network: Network) {
  const dialled: string[] = [];
  const counted: Network = {
    ...network,
    listen: (address, accept) => network.listen(address, accept),
    bindDatagram: (address, received) => network.bindDatagram(address, received),
    connect: (address, signal) => {
      dialled.push(address);
      return network.connect(address, signal);
    },
  };
  return { dialled, network: counted };
}

interface Options {
  readonly handlers?: Record<string, RpcHandler>;
  readonly clock?: Clock;
  readonly pool?: RpcPoolOptions;
}

/** A server and a pool that asks it, over real sockets. */
async function cluster(context: TestContext, { handlers = {}, clock = realClock, pool: options }: Options = {}) {
  const all = new Map<string, RpcHandler>(Object.entries({ "Echo.Back": async (body) => body, ...handlers }));
  const listener = await RpcListener.listen(quietRuntime(tcp, clock), "127.0.0.1:0", { handlers: all });
  const { network, dialled } = counting(tcp);
  const runtime = quietRuntime(network, clock);
  const pool = new RpcPool(runtime, options);
  context.after(async () => {
    await pool.close();
    await listener.close();
  });
  return { listener, pool, dialled, runtime, address: listener.address };
}

/** The reply as ordinary objects. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test("a call is answered, and calls share a connection", async (context) => {
  const { pool, address, dialled } = await cluster(context);
  const asked = Array.from({ length: 100 }, (_, at) => ({ N: at }));
  const replies = await Promise.all(asked.map((body) => pool.call(address, "Echo.Back", body)));
  assert.deepEqual(plain(replies), asked);
  for (const body of asked.slice(0, 5)) assert.deepEqual(plain(await pool.call(address, "Echo.Back", body)), body);
  assert.equal(dialled.length, 1);
});

/** What callers and servers of Nomad 0.4.1 were seen to say to each other: a ping, and a service that there is not. */
const seen = {
  ping: "82 a3536571 01 ad536572766963654d6574686f64 ab5374617475732e50696e67 80",
  pong: "83 a54572726f72 a0 a3536571 01 ad536572766963654d6574686f64 ab5374617475732e50696e67 80",
  refusal:
    "83 a54572726f72 da0021 7270633a2063616e27742066696e64207365727669636520537461742e50696e67 " +
    "a3536571 01 ad536572766963654d6574686f64 a9537461742e50696e67 80",
};
const plainHex = (text: string) => text.replaceAll(" ", "");
const frame = (payload: string) =>
  `00000000 00000001 ${(plainHex(payload).length / 2).toString(16).padStart(8, "0")} ${payload}`;

test("a call goes out in the bytes that were recorded, and the recorded answers are understood", async () => {
  const peer = new RawPeer();
  const network = { connect: async () => peer.connection } as unknown as Network;
  const pool = new RpcPool(quietRuntime(network));
  const pong = pool.call("10.0.0.9:4647", "Status.Ping", {});
  const opening = plainHex(`03 00010001 00000001 00000000 ${frame(seen.ping)}`);
  assert.equal(await peer.heard(opening.length / 2), opening);
  peer.send(`00010002 00000001 00000000 ${frame(seen.pong)}`);
  assert.deepEqual(plain(await pong), {});
  const refused = pool.call("10.0.0.9:4647", "Stat.Ping", {});
  const again = seen.ping.replace("a3536571 01", "a3536571 02").replace("ab5374617475732e", "a9537461742e");
  assert.equal(await peer.heard(plainHex(frame(again)).length / 2), plainHex(frame(again)));
  peer.send(frame(seen.refusal));
  await assert.rejects(refused, {
    name: "RemoteError",
    text: "rpc: can't find service Stat.Ping",
    message: "rpc error: rpc: can't find service Stat.Ping",
  });
  // After a refusal its stream is of no more use: it is ended.
  assert.equal(await peer.heard(12), plainHex("00010004 00000001 00000000"));
  await pool.close();
});

test("megabytes go both ways, several at once", async (context) => {
  const { pool, address } = await cluster(context);
  const body = { Data: "ä".repeat(1_500_000), List: Array.from({ length: 1_000 }, (_, at) => at) };
  const replies = await Promise.all([1, 2, 3, 4].map(() => pool.call(address, "Echo.Back", body)));
  for (const reply of replies) assert.deepEqual(plain(reply), body);
});

test("more calls than a connection carries take another", async (context) => {
  const free = Promise.withResolvers<void>();
  const slow = async () => {
    await free.promise;
    return {};
  };
  const { pool, address, dialled, listener } = await cluster(context, { handlers: { "Slow.Wait": slow } });
  const calls = Array.from({ length: 600 }, () => pool.call(address, "Slow.Wait", {}));
  await until(() => listener.connections === 3);
  free.resolve();
  await Promise.all(calls);
  assert.equal(dialled.length, 3);
});

test("a burst of calls right after another is carried whole, while streams of the first are being closed", async (context) => {
  const { pool, address } = await cluster(context);
  const burst = () => Promise.all(Array.from({ length: 600 }, (_, at) => pool.call(address, "Echo.Back", { N: at })));
  for (let round = 0; round < 3; round++) assert.equal((await burst()).length, 600);
});

test("a refusal comes as its text, wrapped as peers know it, and the connection goes on", async (context) => {
  const refuse = async () => Promise.reject(new Error("node not found"));
  const { pool, address, dialled } = await cluster(context, { handlers: { "Node.Fail": refuse } });
  await assert.rejects(pool.call(address, "Node.Fail", {}), (error: RemoteError) => {
    assert.ok(error instanceof RemoteError);
    assert.equal(error.text, "node not found");
    assert.equal(error.message, "rpc error: node not found");
    return true;
  });
  await assert.rejects(pool.call(address, "Nope.Nope", {}), /can't find service Nope\.Nope/);
  await pool.call(address, "Echo.Back", {});
  assert.equal(dialled.length, 1);
});

test("a reply that cannot be sent is a refusal that says why", async (context) => {
  const odd = async () => ({ Broken: Number.NaN });
  const { pool, address } = await cluster(context, { handlers: { "Odd.Get": odd } });
  await assert.rejects(pool.call(address, "Odd.Get", {}), /Cannot write msgpack: unsupported value NaN/);
  await assert.rejects(pool.call(address, "Echo.Back", { Broken: Number.NaN }), { name: "UnwritableMsgpack" });
});

test("where nobody listens there is no answer, and nothing was carried out", async (context) => {
  const { pool, listener, address } = await cluster(context);
  await listener.close();
  await assert.rejects(pool.call(address, "Echo.Back", {}), (error: NoAnswer) => {
    assert.ok(error instanceof NoAnswer);
    assert.equal(error.mayHaveRun, false);
    assert.match(error.message, /^No answer from 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    return true;
  });
});

test("a server that goes away in a call leaves it unanswered, and is dialled again when it is back", async (context) => {
  const begun = Promise.withResolvers<void>();
  const slow: RpcHandler = async (_, { signal }) => {
    begun.resolve();
    await new Promise<void>((resolve) => whenAborted(signal, () => resolve()));
    return {};
  };
  const { pool, listener, address, dialled } = await cluster(context, { handlers: { "Slow.Wait": slow } });
  const call = assert.rejects(pool.call(address, "Slow.Wait", {}), { name: "NoAnswer", mayHaveRun: true });
  await begun.promise;
  await listener.close();
  await call;
  const again = await RpcListener.listen(quietRuntime(tcp, realClock), address, {
    handlers: new Map([["Echo.Back", async (body) => body]]),
  });
  context.after(() => again.close());
  assert.deepEqual(plain(await pool.call(address, "Echo.Back", { A: 1 })), { A: 1 });
  assert.equal(dialled.length, 2);
});

test("a call that is given up frees the server's side, and tells the reason", async (context) => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const slow: RpcHandler = async (_, { signal }) => {
    whenAborted(signal, () => ended.resolve());
    begun.resolve();
    await ended.promise;
    return {};
  };
  const { pool, address, dialled } = await cluster(context, { handlers: { "Slow.Wait": slow } });
  const leave = new AbortController();
  const reason = new Error("no longer wanted");
  const call = assert.rejects(pool.call(address, "Slow.Wait", {}, { signal: leave.signal }), reason);
  await begun.promise;
  leave.abort(reason);
  await call;
  await ended.promise;
  await assert.rejects(pool.call(address, "Echo.Back", {}, { signal: leave.signal }), reason);
  await pool.call(address, "Echo.Back", {});
  assert.equal(dialled.length, 1);
});

test("a call ends in time when the server does not answer", async (context) => {
  const clock = new ManualClock();
  const begun = Promise.withResolvers<void>();
  const slow: RpcHandler = async (_, { signal }) => {
    begun.resolve();
    await new Promise<void>((resolve) => whenAborted(signal, () => resolve()));
    return {};
  };
  const { pool, address } = await cluster(context, { clock, handlers: { "Slow.Wait": slow } });
  const call = pool.call(address, "Slow.Wait", {}, { timeout: seconds(5) });
  const late = assert.rejects(call, { message: `No answer from ${address}: it takes too long` });
  await begun.promise;
  await clock.advance(seconds(5));
  await late;
});

test("a connection without calls is ended after two minutes", async (context) => {
  const clock = new ManualClock();
  const { pool, address, listener } = await cluster(context, { clock });
  await pool.call(address, "Echo.Back", {});
  for (let waited = 0; waited < 11; waited++) {
    await clock.advance(seconds(10));
    await settleSockets();
  }
  assert.equal(listener.connections, 1);
  await clock.advance(minutes(1));
  await until(() => listener.connections === 0);
});

test("a call to a server that has fallen silent is given up as soon as the pool was told to find that out", async () => {
  const time = new VirtualTime();
  const network = new SimNetwork(time, new SeededRandom("silence"));
  const slow: RpcHandler = (_, { signal }) => new Promise((resolve) => whenAborted(signal, () => resolve({})));
  const listener = await RpcListener.listen(quietRuntime(network.at("10.0.0.1"), time), "10.0.0.1:4647", {
    handlers: new Map([["Slow.Wait", slow]]),
  });
  const keepAlive = { every: seconds(2), timeout: seconds(1) };
  const pool = new RpcPool(quietRuntime(network.at("10.0.0.2"), time), { keepAlive });
  const failures: unknown[] = [];
  const call = pool.call(listener.address, "Slow.Wait", {}).catch((error) => failures.push(error));
  await passing(time, time.sleep(seconds(60), never));
  assert.equal(failures.length, 0, "one that answers pings may take its time");
  network.links.cut({ from: "10.0.0.1", to: "10.0.0.2" });
  await passing(time, time.sleep(seconds(3), never));
  assert.ok(failures[0] instanceof NoAnswer);
  network.links.heal();
  await call;
  await passing(time, pool.close());
  await passing(time, listener.close());
});

test("connecting that takes ten seconds is no answer, and those who wait for it are told", async () => {
  const clock = new ManualClock();
  let given: AbortSignal | undefined;
  const nowhere: Network = {
    ...tcp,
    connect: (_, signal) => {
      given = signal;
      return new Promise((__, reject) => whenAborted(signal, () => reject(signal.reason)));
    },
  };
  const pool = new RpcPool(quietRuntime(nowhere, clock));
  const calls = [1, 2].map(() => assert.rejects(pool.call("10.0.0.1:4647", "A.B", {}), /connect timed out/));
  const leave = new AbortController();
  const reason = new Error("gone");
  const third = assert.rejects(pool.call("10.0.0.1:4647", "A.B", {}, { signal: leave.signal }), reason);
  await clock.advance(seconds(1));
  leave.abort(reason);
  await third;
  assert.equal(given?.aborted, false);
  await clock.advance(seconds(9));
  await Promise.all(calls);
  assert.equal(given?.aborted, true);
  assert.equal(clock.waiting, 0);
});

test("a pool that closes leaves calls unanswered and no connection", async (context) => {
  const slow: RpcHandler = async (_, { signal }) => {
    await new Promise<void>((resolve) => whenAborted(signal, () => resolve()));
    return {};
  };
  const { pool, address, listener } = await cluster(context, { handlers: { "Slow.Wait": slow } });
  const call = assert.rejects(pool.call(address, "Slow.Wait", {}), NoAnswer);
  await until(() => listener.connections === 1);
  await pool.close();
  await call;
  await until(() => listener.connections === 0);
  await assert.rejects(pool.call(address, "Echo.Back", {}), NoAnswer);
});

test("a connection of its own says what it is for, and is the caller's", async (context) => {
  const { pool, runtime } = await cluster(context);
  const raft = async (connection: Connection) => {
    for await (const bytes of connection.incoming) await connection.write(bytes);
  };
  const server = await RpcListener.listen(runtime, "127.0.0.1:0", {
    handlers: new Map(),
    protocols: new Map([[2, raft]]),
  });
  context.after(() => server.close());
  const connection = await pool.connect(server.address, 2, never);
  await connection.write(Buffer.from("entries"));
  const { value } = await connection.incoming[Symbol.asyncIterator]().next();
  assert.equal(Buffer.from(value ?? []).toString(), "entries");
  connection.close();
  await server.close();
  await assert.rejects(pool.connect(server.address, 2, never), { name: "NoAnswer", mayHaveRun: false });
});

/** A server that answers every call with these bytes, however wrong. */
async function rude(context: TestContext, answer: Uint8Array) {
  const listener = await tcp.listen("127.0.0.1:0", async (connection) => {
    const chunks = connection.incoming[Symbol.asyncIterator]();
    const rest = (await chunks.next()).value?.subarray(1) ?? Buffer.alloc(0);
    const incoming = (async function* () {
      if (rest.length > 0) yield rest;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    })();
    const opened: Connection = {
      remoteAddress: connection.remoteAddress,
      incoming,
      write: (bytes) => connection.write(bytes),
      close: () => connection.close(),
    };
    const session = new YamuxSession(realClock, opened, {
      side: "server",
      accept: async (stream) => {
        await stream.read();
        await stream.write(answer).catch(() => {});
      },
    });
    await session.run().catch(() => {});
  });
  context.after(() => listener.close());
  return listener.address;
}

const ok = { Error: "", Seq: 1, ServiceMethod: "A.B" };
const nonsense: Record<string, Uint8Array> = {
  HTTP: Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
  "no header": encodeMsgpack([1, 2]),
  "a reply to another request": encodeCall({ ...ok, Seq: 99 }, {}),
  "a key twice": Buffer.concat([encodeMsgpack(ok), Buffer.from("82a16101a16102", "hex")]),
  "arrays without end": Buffer.concat([encodeMsgpack(ok), Buffer.alloc(1_000, 0x91)]),
  "a header of megabytes": encodeCall({ ...ok, Error: "x".repeat(2 << 20) }, {}),
};

for (const [name, answer] of Object.entries(nonsense)) {
  test(`a server that answers with ${name} is disconnected with a line`, async (context) => {
    const { pool, runtime } = await cluster(context);
    const address = await rude(context, answer);
    await assert.rejects(pool.call(address, "A.B", {}), { name: "NoAnswer", mayHaveRun: true });
    assert.equal(runtime.warnings.length, 1);
    assert.equal(runtime.warnings[0]?.[0], "peer breaks the rules, disconnected");
  });
}

test("in the simulated network, calls of the same seed take the same time", async () => {
  const [first, second] = [await simulated("seed"), await simulated("seed")];
  assert.deepEqual(first, second);
  assert.equal(first.length, 20);
});

/** When each of twenty calls was answered, in virtual time. */
async function simulated(seed: string): Promise<readonly number[]> {
  const time = new VirtualTime();
  const network = new SimNetwork(time, new SeededRandom(seed));
  const server = quietRuntime(network.at("10.0.0.1"), time);
  const listener = await RpcListener.listen(server, "10.0.0.1:4647", {
    handlers: new Map([["Echo.Back", async (body) => body]]),
  });
  const pool = new RpcPool(quietRuntime(network.at("10.0.0.2"), time));
  const answered: number[] = [];
  const calls = Array.from({ length: 20 }, async (_, at) => {
    const body = { Text: "x".repeat(at * 20_000) };
    assert.deepEqual(plain(await pool.call(listener.address, "Echo.Back", body)), body);
    answered.push(time.now());
  });
  await passing(time, Promise.all(calls));
  await passing(time, pool.close());
  await passing(time, listener.close());
  return answered;
}

/** Lets virtual time pass until something has come about. */
async function passing(time: VirtualTime, work: Promise<unknown>): Promise<void> {
  let done = false;
  const noted = work.finally(() => {
    done = true;
  });
  for (;;) {
    await settled();
    if (done) break;
    assert.notEqual(time.next(), undefined, "something is still to come");
    time.step();
  }
  await noted;
}

async function settleSockets(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
}

function turn(): Promise<void> {
  return realClock.sleep(milliseconds(1), never);
}

/** Waits for what the other end of a socket brings about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
