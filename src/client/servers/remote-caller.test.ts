import assert from "node:assert";
import { test } from "node:test";
import {
  evaluateNode,
  getClientAllocations,
  getNode,
  RpcError,
  registerJob,
  updateNodeStatus,
} from "../../api/index.ts";
import { minutes, seconds } from "../../base/index.ts";
import { NoAnswer, RemoteError } from "../../rpc/index.ts";
import { FakePool, silence } from "../testing/fake-pool.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { someJob } from "../testing/makers.ts";
import { RemoteCaller } from "./remote-caller.ts";
import { ServerList } from "./server-list.ts";

const heartbeat = { NodeID: "n", Status: "ready" };
const job = { Job: someJob(), EnforceIndex: false, JobModifyIndex: 0 };

/** A caller that asks `first` and then `second`. */
function caller(...addresses: readonly string[]) {
  const runtime = fakeRuntime();
  const pool = new FakePool();
  const servers = new ServerList(runtime.random, "dc1");
  for (const address of addresses) servers.add([address]);
  return { runtime, clock: runtime.clock, pool, servers, rpc: new RemoteCaller(runtime, pool, servers, "north") };
}

const answer = async () => ({ Index: 7, LastContact: 5, KnownLeader: true });
const refuses = (text: string) => async () => {
  throw new RemoteError(text);
};
const fails = (mayHaveRun: boolean) => async (call: { address: string }) => {
  throw new NoAnswer(call.address, "connection refused", { mayHaveRun });
};

/** What became of a promise, once it is settled. */
function outcome<Value>(promise: Promise<Value>): { value?: Value; error?: unknown } {
  const seen: { value?: Value; error?: unknown } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error) => {
      seen.error = error;
    },
  );
  return seen;
}

test("a question is put to the first server on Nomad's wire, for the client's own region", async () => {
  const { pool, rpc } = caller("first:1", "second:1");
  pool.serve("first:1", answer);
  const { reply, ...freshness } = await rpc.call(getNode, { NodeID: "n" }, { allowStale: true });
  assert.deepEqual(freshness, { index: 7, lastContact: 5, knownLeader: true });
  assert.equal(reply.Node, null);
  assert.deepEqual(
    pool.calls.map(({ address, method, body }) => [address, method, body.NodeID, body.Region, body.AllowStale]),
    [["first:1", "Node.GetNode", "n", "north", true]],
  );
});

test("a region that is named is asked", async () => {
  const { pool, rpc } = caller("first:1");
  pool.serve("first:1", answer);
  await rpc.call(getNode, { NodeID: "n" }, { region: "south" });
  assert.equal(pool.calls[0]?.body.Region, "south");
});

test("without servers it is said that none are known", async () => {
  const { rpc } = caller();
  await assert.rejects(rpc.call(getNode, { NodeID: "n" }), { name: "RpcError", message: "no known servers" });
});

test("a server's refusal is passed on in its words, and is no reason to ask another", async () => {
  const { pool, servers, rpc } = caller("first:1", "second:1");
  pool.serve("first:1", refuses("rpc error: node not found"));
  await assert.rejects(rpc.call(updateNodeStatus, heartbeat), {
    name: "RpcError",
    message: "RPC failed to server first:1: rpc error: rpc error: node not found",
  });
  assert.equal(servers.first, "first:1");
  assert.equal(pool.calls.length, 1);
});

test("when the first server cannot be reached the next is asked, within a moment, and stays the first", async () => {
  const { clock, pool, servers, rpc, runtime } = caller("first:1", "second:1");
  pool.serve("first:1", fails(false));
  pool.serve("second:1", answer);
  const asked = outcome(rpc.call(registerJob, job));
  await clock.advance(seconds(0.2));
  assert.equal(asked.value?.index, 7);
  assert.deepEqual(servers.addresses(), ["second:1", "first:1"]);
  assert.ok(runtime.logged.includes("[WARN] client: server failed, another is asked"));
  assert.equal(clock.waiting, 0);
});

test("a server that knows no leader is left for one that does, also with a write", async () => {
  const { clock, pool, rpc } = caller("first:1", "second:1");
  pool.serve("first:1", refuses("No cluster leader"));
  pool.serve("second:1", answer);
  const asked = outcome(rpc.call(registerJob, job));
  await clock.advance(seconds(0.2));
  assert.equal(asked.value?.index, 7);
});

test("what was lost on its way is asked again if it was a question, or a write that may come twice", async () => {
  const asks: readonly ((given: { rpc: RemoteCaller }) => Promise<unknown>)[] = [
    ({ rpc }) => rpc.call(getNode, { NodeID: "n" }),
    ({ rpc }) => rpc.call(updateNodeStatus, heartbeat),
  ];
  for (const ask of asks) {
    const given = caller("first:1", "second:1");
    given.pool.serve("first:1", fails(true));
    given.pool.serve("second:1", answer);
    const asked = outcome(ask(given));
    await given.clock.advance(seconds(0.2));
    assert.ok(asked.value);
  }
});

test("a write that may have been carried out is not sent twice", async () => {
  const asks: readonly ((given: { rpc: RemoteCaller }) => Promise<unknown>)[] = [
    ({ rpc }) => rpc.call(registerJob, job),
    ({ rpc }) => rpc.call(evaluateNode, { NodeID: "n" }),
  ];
  for (const ask of asks) {
    const given = caller("first:1", "second:1");
    given.pool.serve("first:1", fails(true));
    given.pool.serve("second:1", answer);
    const asked = outcome(ask(given));
    await given.clock.advance(seconds(20));
    assert.equal(String(asked.error), "RpcError: RPC failed: No answer from first:1: connection refused");
    assert.equal(given.pool.calls.length, 1);
    assert.equal(given.servers.first, "second:1");
  }
});

test("when all servers fail, tries come ever slower, and end after ten seconds", async () => {
  const { clock, pool, rpc } = caller("first:1", "second:1");
  for (const address of ["first:1", "second:1"]) pool.serve(address, fails(false));
  const asked = outcome(rpc.call(getNode, { NodeID: "n" }));
  await clock.advance(seconds(9));
  assert.equal(asked.error, undefined);
  await clock.advance(seconds(3));
  assert.match(String(asked.error), /^RpcError: RPC failed: No answer from (first|second):1: connection refused$/);
  assert.ok(pool.calls.length >= 6 && pool.calls.length < 40, `${pool.calls.length} tries`);
  assert.equal(clock.waiting, 0);
});

test("a server that comes back while a call is tried answers it", async () => {
  const { clock, pool, rpc } = caller("first:1");
  pool.serve("first:1", fails(false));
  const asked = outcome(rpc.call(getNode, { NodeID: "n" }));
  await clock.advance(seconds(6));
  pool.serve("first:1", answer);
  await clock.advance(seconds(2));
  assert.ok(asked.value);
});

test("a heartbeat that two silent servers swallow reaches the third before the node counts as lost", async () => {
  const { clock, pool, rpc } = caller("first:1", "second:1", "third:1");
  pool.serve("third:1", answer);
  const asked = outcome(rpc.call(updateNodeStatus, heartbeat));
  await clock.advance(seconds(10));
  assert.ok(asked.value);
  assert.ok(pool.calls.filter(({ address }) => address !== "third:1").every(({ signal }) => signal.aborted));
});

test("a blocking query may wait as long as it was told, and a little more", async () => {
  const { clock, pool, rpc } = caller("first:1");
  const asked = outcome(rpc.call(getClientAllocations, { NodeID: "n" }, { minQueryIndex: 5, maxQueryTime: 160e9 }));
  await clock.advance(seconds(179));
  assert.equal(pool.calls.length, 1);
  assert.equal(pool.calls[0]?.signal.aborted, false);
  await clock.advance(seconds(2));
  assert.equal(pool.calls[0]?.signal.aborted, true);
  assert.equal(asked.error, undefined);
});

test("a blocking query that loses its server waits at the next for the rest of its time", async () => {
  const { clock, pool, rpc } = caller("first:1", "second:1");
  let lose = () => {};
  pool.serve("first:1", (call) => {
    return new Promise((_, reject) => {
      lose = () => reject(new NoAnswer(call.address, "connection lost", { mayHaveRun: true }));
    });
  });
  pool.serve("second:1", silence);
  outcome(rpc.call(getClientAllocations, { NodeID: "n" }, { minQueryIndex: 5, maxQueryTime: 60e9 }));
  await clock.advance(seconds(40));
  lose();
  await clock.advance(seconds(1));
  const waits = pool.calls.map(({ address, body }) => [address, body.MaxQueryTime as number] as const);
  assert.deepEqual(waits[0], ["first:1", 60e9]);
  assert.equal(waits[1]?.[0], "second:1");
  assert.ok((waits[1]?.[1] ?? 0) > 19.7e9 && (waits[1]?.[1] ?? 0) <= 20e9);
});

test("a blocking query leaves a server that fails other calls", async () => {
  const { clock, pool, rpc } = caller("first:1", "second:1");
  pool.serve("second:1", silence);
  outcome(rpc.call(getClientAllocations, { NodeID: "n" }, { minQueryIndex: 5 }));
  await clock.advance(seconds(30));
  pool.serve("first:1", refuses("No cluster leader"));
  outcome(rpc.call(updateNodeStatus, heartbeat));
  await clock.advance(seconds(1));
  const queries = pool.calls.filter(({ method }) => method === "Node.GetClientAllocs");
  assert.deepEqual(
    queries.map(({ address, signal }) => [address, signal.aborted]),
    [
      ["first:1", true],
      ["second:1", false],
    ],
  );
});

test("whoever asks may give up, while waiting for an answer and between tries", async () => {
  const { clock, pool, servers, rpc } = caller("first:1", "second:1");
  const ending = new AbortController();
  const waiting = outcome(rpc.call(getClientAllocations, { NodeID: "n" }, { minQueryIndex: 5, signal: ending.signal }));
  await clock.advance(seconds(1));
  ending.abort("enough");
  await clock.advance(seconds(0));
  assert.equal(waiting.error, "enough");
  assert.equal(servers.first, "first:1");
  assert.equal(pool.calls[0]?.signal.aborted, true);

  for (const address of ["first:1", "second:1"]) pool.serve(address, fails(false));
  const trying = new AbortController();
  const tried = outcome(rpc.call(getNode, { NodeID: "n" }, { signal: trying.signal }));
  await clock.advance(seconds(5));
  trying.abort("enough");
  await clock.advance(seconds(0));
  assert.equal(tried.error, "enough");
  assert.equal(clock.waiting, 0);
});

test("a ping tells whether a server answers in time", async () => {
  const { clock, pool, rpc } = caller("first:1");
  pool.serve("up:1", async () => ({}));
  pool.serve("down:1", fails(false));
  const signal = new AbortController().signal;
  assert.equal(await rpc.ping("up:1", signal), true);
  assert.equal(await rpc.ping("down:1", signal), false);
  const silent = outcome(rpc.ping("silent:1", signal));
  await clock.advance(seconds(5));
  assert.equal(silent.value, false);
  assert.deepEqual(
    pool.calls.map(({ method, body }) => [method, body]),
    Array.from({ length: 3 }, () => ["Status.Ping", {}]),
  );
});

test("at the end, waiting queries end at once, a write is still answered, and nothing new is asked", async () => {
  const { clock, pool, rpc } = caller("first:1");
  let reply = (_: unknown) => {};
  pool.serve("first:1", ({ method }) => {
    if (method === "Node.GetClientAllocs") return silence({} as never);
    return new Promise((resolve) => {
      reply = resolve;
    });
  });
  const query = outcome(rpc.call(getClientAllocations, { NodeID: "n" }, { minQueryIndex: 5 }));
  const write = outcome(rpc.call(registerJob, job));
  await clock.advance(seconds(1));
  const closing = rpc.close();
  await clock.advance(seconds(1));
  assert.ok(query.error instanceof RpcError);
  await assert.rejects(rpc.call(getNode, { NodeID: "n" }), { message: "the client is shutting down" });
  reply(await answer());
  await clock.advance(seconds(0));
  assert.equal(write.value?.index, 7);
  await closing;
  assert.equal(clock.waiting, 0);
});

test("at the end, an answer that does not come is waited for five seconds", async () => {
  const { clock, rpc } = caller("first:1");
  const write = outcome(rpc.call(registerJob, job));
  const closed = outcome(rpc.close().then(() => "closed"));
  await clock.advance(seconds(4.9));
  assert.equal(closed.value, undefined);
  await clock.advance(seconds(0.2));
  assert.equal(closed.value, "closed");
  assert.ok(write.error instanceof RpcError);
  await clock.advance(minutes(2));
  assert.equal(clock.waiting, 0);
});
