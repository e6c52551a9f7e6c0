import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteBudget } from "../base/index.ts";
import { ManualClock, type Network, settled } from "../runtime/index.ts";
import { InvalidMsgpack } from "../wire/index.ts";
import { encodeCall } from "./call-format.ts";
import { ProtocolViolation } from "./errors.ts";
import { LargeReplies } from "./large-replies.ts";
import { type RpcHandler, serveCalls } from "./serve-calls.ts";
import { RawPeer } from "./testing/pipe.ts";
import { quietRuntime } from "./testing/quiet-runtime.ts";

const nowhere = {} as Network;
const call = (method: string, body: unknown, seq = 1) => encodeCall({ ServiceMethod: method, Seq: seq }, body);
const megabyte = 1024 * 1024;

/** Calls served to a peer in the hands of the test, with this much room for large messages. */
function served(handlers: Record<string, RpcHandler>, room = 4 * megabyte) {
  const clock = new ManualClock();
  const runtime = quietRuntime(nowhere, clock);
  const peer = new RawPeer();
  const budget = new ByteBudget(room);
  const replies = new LargeReplies(budget);
  const service = { handlers: new Map(Object.entries(handlers)), budget, replies, log: runtime.log };
  return { peer, budget, clock, over: serveCalls(runtime, peer.connection, service) };
}

test("a long request takes room until it is answered, and then gives it back", async () => {
  const begun = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  const handler = async () => {
    begun.resolve();
    await free.promise;
    return {};
  };
  const { peer, budget, over } = served({ "A.B": handler });
  const bytes = call("A.B", { Data: "x".repeat(megabyte) });
  for (let at = 0; at < bytes.length; at += 60_000) peer.send(bytes.subarray(at, at + 60_000));
  await begun.promise;
  assert.ok(budget.taken >= megabyte);
  free.resolve();
  await peer.heard(30);
  assert.equal(budget.taken, 0);
  peer.end();
  await over;
});

test("a request for which there is no room is refused, and the stream closed", async () => {
  const { peer, budget, over } = served({ "A.B": async () => ({}) });
  const bytes = call("A.B", { Data: "x".repeat(5 * megabyte) });
  for (let at = 0; at < bytes.length; at += 60_000) peer.send(bytes.subarray(at, at + 60_000));
  await over;
  assert.match(Buffer.from(await peer.heard(1), "hex").toString("latin1"), /Too many large requests at once/);
  assert.equal(budget.taken, 0);
});

test("an answer for which there is no room is a refusal, and the stream goes on", async () => {
  const { peer, budget, over } = served({ "A.B": async () => ({ Data: "x".repeat(5 * megabyte) }) });
  peer.send(call("A.B", {}));
  await settled();
  assert.match(Buffer.from(await peer.heard(1), "hex").toString("latin1"), /Too many large replies at once/);
  assert.equal(budget.taken, 0);
  peer.end();
  await over;
});

test("an error without a text is still an error, and a very long one is cut", async () => {
  const { peer, over } = served({
    "A.Silent": () => Promise.reject(new Error("")),
    "A.Chatty": () => Promise.reject(new Error("x".repeat(megabyte))),
  });
  peer.send(call("A.Silent", {}));
  await settled();
  assert.match(Buffer.from(await peer.heard(1), "hex").toString("latin1"), /unknown error/);
  peer.send(call("A.Chatty", {}));
  await settled();
  assert.ok((await peer.heard(1)).length / 2 < 70_000);
  peer.end();
  await over;
});

test("a peer that leaves, before its answer or after it, leaves nothing behind on the clock", async () => {
  const leaving = {
    "with the call": async (peer: RawPeer) => peer.end(),
    "after the answer": async (peer: RawPeer) => {
      await peer.heard(30);
      peer.end();
    },
  };
  for (const [moment, leave] of Object.entries(leaving)) {
    const { peer, clock, over } = served({ "A.B": async () => ({}) });
    peer.send(call("A.B", {}));
    await leave(peer);
    await over;
    assert.equal(clock.waiting, 0, moment);
  }
});

test("any bytes are answered, or end the stream in peace or as a violation", async () => {
  let state = 3;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 0) / 0x1_0000_0000) * limit);
  };
  const good = [call("A.B", { Name: "web", List: [1, 2, null] }), call("A.Nope", {}), call("A.Fail", { A: 0.5 })];
  const outcomes = { peace: 0, violation: 0 };
  for (let round = 0; round < 5_000; round++) {
    const { peer, budget, clock, over } = served({
      "A.B": async (body) => body,
      "A.Fail": () => Promise.reject(new Error("no")),
    });
    const bytes = Buffer.concat([good[below(3)] as Uint8Array, good[below(3)] as Uint8Array]);
    for (let changes = below(3); changes > 0; changes--) bytes[below(bytes.length)] = below(256);
    const cut = below(bytes.length);
    peer.send(bytes.subarray(0, cut));
    peer.send(bytes.subarray(cut, bytes.length - (below(2) === 0 ? below(20) : 0)));
    peer.end();
    await over.then(
      () => outcomes.peace++,
      (error) => {
        assert.ok(error instanceof InvalidMsgpack || error instanceof ProtocolViolation, String(error));
        outcomes.violation++;
      },
    );
    assert.ok(peer.closed);
    assert.equal(budget.taken, 0);
    assert.equal(clock.waiting, 0);
  }
  assert.ok(outcomes.peace > 500 && outcomes.violation > 500, JSON.stringify(outcomes));
});

test("a large answer is not made while the peer has not taken those before it; small ones wait for nobody", async () => {
  const runtime = quietRuntime(nowhere, new ManualClock());
  const replies = new LargeReplies(new ByteBudget(64 * megabyte));
  const service = {
    handlers: new Map<string, RpcHandler>([
      ["Big.Get", async () => ({ Data: "x".repeat(5 * megabyte) })],
      ["Small.Get", async () => ({})],
    ]),
    budget: new ByteBudget(megabyte),
    replies,
    log: runtime.log,
  };
  const ask = (method: string) => {
    const peer = new RawPeer();
    peer.deaf = true;
    peer.send(call(method, {}));
    return { peer, over: serveCalls(runtime, peer.connection, service) };
  };
  const first = ask("Big.Get");
  await settled();
  const others = Array.from({ length: 4 }, () => ask("Big.Get"));
  await settled();
  assert.ok(replies.waiting < 11 * megabyte, "two of five are made");
  const small = ask("Small.Get");
  const all = [small, first, ...others];
  for (const { peer } of all) {
    peer.deaf = false;
    peer.end();
  }
  assert.notEqual(await small.peer.heard(30), "");
  for (const { peer } of all.slice(1)) await peer.heard(5 * megabyte);
  await Promise.all(all.map(({ over }) => over));
  assert.equal(replies.waiting, 0);
});
