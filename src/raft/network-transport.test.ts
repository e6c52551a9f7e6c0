import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { milliseconds, SeededRandom, seconds } from "../base/index.ts";
import { type Connection, type Listener, ManualClock, settled } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { voter } from "./core/core-cluster.ts";
import type { Member, ServerID } from "./core/membership.ts";
import type { RaftMessage } from "./core/messages.ts";
import { framed } from "./frames.ts";
import { encodeIntroduction } from "./handshake.ts";
import { recordingLog } from "./host-harness.ts";
import { type NetworkTransport, type RaftTransportOptions, raftTransport } from "./network-transport.ts";
import { encodeMessage } from "./wire.ts";

const { network, clock: realClock } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
/** Nothing here takes longer unless it hangs. */
const limits = { timeout: 20_000 };

const confirm = (round: number): RaftMessage => ({ kind: "confirm", term: 1, round });

interface TestServer {
  readonly id: ServerID;
  readonly transport: NetworkTransport;
  readonly address: string;
  readonly log: readonly string[];
  readonly member: Member;
  /** The next messages that come, with their senders. */
  next(count: number): Promise<readonly (readonly [ServerID, RaftMessage])[]>;
}

/** A transport that listens on a port of this machine; the test closes it. */
async function server(t: TestContext, id: ServerID, options: Partial<RaftTransportOptions> = {}): Promise<TestServer> {
  const log: string[] = [];
  const waiting: { count: number; resolve: (got: (readonly [ServerID, RaftMessage])[]) => void }[] = [];
  const got: (readonly [ServerID, RaftMessage])[] = [];
  const listener: Listener = await network.listen("127.0.0.1:0", (connection) => transport.accept(connection));
  const runtime = { clock: realClock, random: new SeededRandom(id), log: recordingLog(log) };
  const transport = raftTransport(runtime, {
    id,
    address: listener.address,
    connect: (address, signal) => network.connect(address, signal),
    admits: ({ from, members }) => members.some((member) => member.id === from),
    ...options,
  });
  transport.listen((from, message) => {
    got.push([from, message]);
    const [first] = waiting;
    if (first !== undefined && got.length >= first.count) waiting.shift()!.resolve(got.splice(0, first.count));
  });
  t.after(async () => {
    await transport.close();
    await listener.close();
  });
  const next = (count: number) => {
    if (got.length >= count) return Promise.resolve(got.splice(0, count));
    return new Promise<(readonly [ServerID, RaftMessage])[]>((resolve) => waiting.push({ count, resolve }));
  };
  return { id, transport, address: listener.address, log, member: { ...voter(id), address: listener.address }, next };
}

async function pair(t: TestContext): Promise<readonly [TestServer, TestServer]> {
  const [a, b] = [await server(t, "a"), await server(t, "b")];
  for (const { transport } of [a, b]) transport.membersChanged([a.member, b.member]);
  return [a, b];
}

test("messages arrive in order, both ways, without waiting for each other", limits, async (t) => {
  const [a, b] = await pair(t);
  for (let round = 0; round < 500; round++) a.transport.send("b", confirm(round));
  b.transport.send("a", { kind: "confirmed", term: 1, round: 7 });
  const got = await b.next(500);
  assert.deepEqual(
    got.map(([from, message]) => [from, message.kind === "confirm" && message.round]),
    Array.from({ length: 500 }, (_, round) => ["a", round]),
  );
  assert.deepEqual(await a.next(1), [["b", { kind: "confirmed", term: 1, round: 7 }]]);
});

test("a large message arrives whole", limits, async (t) => {
  const [a, b] = await pair(t);
  const data = Buffer.alloc(20 * 1024 * 1024, 3);
  const entries = [{ kind: "command", index: 1, term: 1, data }] as const;
  a.transport.send("b", { kind: "append", term: 1, previousIndex: 0, previousTerm: 0, commit: 0, entries });
  const [[, message]] = (await b.next(1)) as [readonly [ServerID, RaftMessage]];
  assert.equal(message.kind === "append" && message.entries[0]?.kind, "command");
  assert.equal(message.kind === "append" && Buffer.compare(dataOf(message), data), 0);
});

function dataOf({ entries: [entry] }: Extract<RaftMessage, { kind: "append" }>): Uint8Array {
  assert.equal(entry?.kind, "command");
  return entry?.kind === "command" ? entry.data : new Uint8Array();
}

test("a server that does not know whom it was called by answers the way the call came", limits, async (t) => {
  const [a, newcomer] = [await server(t, "a"), await server(t, "n", { admits: () => true })];
  a.transport.membersChanged([a.member, newcomer.member]);
  a.transport.send("n", confirm(1));
  await newcomer.next(1);
  newcomer.transport.send("a", { kind: "confirmed", term: 1, round: 1 });
  assert.deepEqual(await a.next(1), [["n", { kind: "confirmed", term: 1, round: 1 }]]);
});

test("a server that comes up again is spoken to again", limits, async (t) => {
  const a = await server(t, "a");
  const open: Connection[] = [];
  const first = await network.listen("127.0.0.1:0", (connection) => open.push(connection));
  const { address } = first;
  a.transport.membersChanged([a.member, { ...voter("b"), address }]);
  a.transport.send("b", confirm(1));
  while (open.length === 0) await realClock.sleep(milliseconds(5), t.signal);
  await first.close();

  const b = await server(t, "b");
  a.transport.membersChanged([a.member, b.member]);
  b.transport.membersChanged([a.member, b.member]);
  a.transport.send("b", confirm(2));
  const [[, message]] = (await b.next(1)) as [readonly [ServerID, RaftMessage]];
  assert.deepEqual(message, confirm(2));
});

test("a peer that takes what is said and says nothing gets a new connection after five seconds", limits, async () => {
  const clock = new ManualClock();
  const opened: string[] = [];
  const mute = (): Connection => {
    const ended = Promise.withResolvers<IteratorResult<Uint8Array>>();
    return {
      remoteAddress: "10.0.0.2:4647",
      incoming: { [Symbol.asyncIterator]: () => ({ next: () => ended.promise }) },
      write: () => new Promise(() => {}),
      close: () => {},
    };
  };
  const transport = raftTransport(
    { clock, random: new SeededRandom("mute"), log: recordingLog([]) },
    {
      id: "a",
      address: "10.0.0.1:4647",
      connect: async (address) => {
        opened.push(address);
        return mute();
      },
      admits: () => true,
    },
  );
  transport.membersChanged([voter("a"), { ...voter("b"), address: "10.0.0.2:4647" }]);
  const speakFor = async (time: number) => {
    for (let spoken = 0; spoken < time; spoken += 0.1) {
      transport.send("b", confirm(1));
      await clock.advance(seconds(0.1));
    }
  };
  await speakFor(4.9);
  assert.equal(opened.length, 1);
  await speakFor(0.5);
  assert.equal(opened.length, 2);
});

for (const [who, id, lookedFor] of [
  ["a stranger", "x", "b"],
  ["a caller who looks for somebody else", "a", "c"],
] as const) {
  test(`T7: ${who} is not heard, and told of in one line`, limits, async (t) => {
    const [a, b] = await pair(t);
    const caller = await server(t, id);
    caller.transport.membersChanged([{ ...b.member, id: lookedFor }]);
    for (let call = 0; call < 3; call++) caller.transport.send(lookedFor, confirm(66));
    const refusals = () => b.log.filter((line) => line.includes("closed a connection to Raft")).length;
    while (refusals() < 1) await realClock.sleep(milliseconds(5), t.signal);
    a.transport.send("b", confirm(1));
    assert.deepEqual(await b.next(1), [["a", confirm(1)]]);
    assert.equal(refusals(), 1);
  });
}

test("T7: a server that calls twice has one connection, the later", limits, async (t) => {
  const [a, b] = await pair(t);
  const call = async () => {
    const connection = await network.connect(b.address, t.signal);
    await connection.write(Buffer.concat(framed(encodeIntroduction({ from: "a", address: a.address, to: "b" }))));
    await connection.write(Buffer.concat(framed(encodeMessage(confirm(1)))));
    return connection;
  };
  const first = await call();
  await b.next(1);
  const second = await call();
  await b.next(1);
  for await (const _ of first.incoming) assert.fail("nothing is answered");
  await second.write(Buffer.concat(framed(encodeMessage(confirm(2)))));
  assert.deepEqual(await b.next(1), [["a", confirm(2)]]);
  second.close();
});

const intrusions: Readonly<Record<string, readonly Uint8Array[]>> = {
  "a length of 4 GB": [Buffer.from([0xff, 0xff, 0xff, 0xff])],
  "something else": [Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  "an introduction of another version": [
    ...framed(Buffer.concat([Buffer.from([9]), encodeIntroduction({ from: "a", address: "", to: "b" }).subarray(1)])),
  ],
  "a good introduction and then garbage": [
    ...framed(encodeIntroduction({ from: "a", address: "", to: "b" })),
    ...framed(Buffer.alloc(40, 0xee)),
  ],
  "a term that no number holds exactly, with bytes left over": [
    ...framed(encodeIntroduction({ from: "a", address: "", to: "b" })),
    ...framed(Buffer.concat([encodeMessage(confirm(1)), Buffer.alloc(2)])),
  ],
};

for (const [what, bytes] of Object.entries(intrusions)) {
  test(
    `whoever sends ${what} is disconnected with a line in the log, and nobody else is disturbed`,
    limits,
    async (t) => {
      const [a, b] = await pair(t);
      const intruder = await network.connect(b.address, t.signal);
      await intruder.write(Buffer.concat(bytes));
      for await (const _ of intruder.incoming) assert.fail("nothing is answered");
      assert.deepEqual(
        b.log.filter((line) => line.startsWith("[WARN]")),
        ["[WARN] raft: closed a connection to Raft"],
      );
      a.transport.send("b", confirm(1));
      assert.deepEqual(await b.next(1), [["a", confirm(1)]]);
    },
  );
}

/** A connection whose other end is the test. */
class HeldConnection implements Connection {
  readonly remoteAddress = "192.0.2.1:1";
  readonly written: Uint8Array[] = [];
  readonly #closed = Promise.withResolvers<void>();
  isClosed = false;

  get incoming(): AsyncIterable<Uint8Array> {
    const next = async () => ({ done: true, value: await this.#closed.promise }) as const;
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  /** Never has room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.written.push(bytes);
    await this.#closed.promise;
    throw new Error("closed");
  }

  close(): void {
    this.isClosed = true;
    this.#closed.resolve();
  }
}

test("what waits for a peer that reads nothing is dropped with its connection", limits, async () => {
  const connection = new HeldConnection();
  const clock = new ManualClock();
  const transport = raftTransport(
    { clock, random: new SeededRandom("a"), log: recordingLog([]) },
    { id: "a", address: "a:1", connect: async () => connection, admits: () => true },
  );
  transport.membersChanged([voter("a"), voter("b")]);
  transport.send("b", confirm(0));
  await settled();
  const data = Buffer.alloc(1024 * 1024);
  const entries = [{ kind: "command", index: 1, term: 1, data }] as const;
  for (let sent = 0; sent < 100; sent++) {
    transport.send("b", { kind: "append", term: 1, previousIndex: 0, previousTerm: 0, commit: 0, entries });
  }
  assert.equal(connection.written.length, 1);
  connection.close();
  await settled();
  assert.equal(Buffer.concat(connection.written).length < 1024, true);
  await transport.close();
});

test("a caller who says nothing is closed after five seconds", limits, async () => {
  const connection = new HeldConnection();
  const clock = new ManualClock();
  const transport = raftTransport(
    { clock, random: new SeededRandom("a"), log: recordingLog([]) },
    { id: "a", address: "a:1", connect: async () => connection, admits: () => true },
  );
  transport.accept(connection);
  await clock.advance(seconds(4));
  assert.equal(connection.isClosed, false);
  await clock.advance(seconds(1));
  assert.equal(connection.isClosed, true);
  await transport.close();
  assert.equal(clock.waiting, 0);
});

test("a peer that cannot be reached is called again and again, ever more patiently", limits, async () => {
  const clock = new ManualClock();
  const calls: number[] = [];
  const transport = raftTransport(
    { clock, random: new SeededRandom("a"), log: recordingLog([]) },
    {
      id: "a",
      address: "a:1",
      connect: async () => {
        calls.push(clock.now());
        throw new Error("connection refused");
      },
      admits: () => true,
    },
  );
  transport.membersChanged([voter("a"), voter("b")]);
  for (let beat = 0; beat < 600; beat++) {
    transport.send("b", confirm(beat));
    await clock.advance(milliseconds(100));
  }
  assert.equal(calls.length > 30 && calls.length < 120, true, `${calls.length} calls in a minute`);
  await transport.close();
  assert.equal(clock.waiting, 0);
});
