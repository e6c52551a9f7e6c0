import assert from "node:assert/strict";
import { test } from "node:test";
import { getJob, getLeader, listNodes, ping, type RpcMethod, registerJob, rpcMethods } from "../api/index.ts";
import { seconds, whenAborted } from "../base/index.ts";
import {
  CommandTooLarge,
  LeadershipLost,
  LogStoreFull,
  NotLeader,
  RaftOverloaded,
  RaftStopped,
} from "../raft/index.ts";
import { settled } from "../runtime/index.ts";
import type { Endpoint, ServerContext } from "./endpoint.ts";
import { BrokerRefused } from "./leadership/evaluation-broker.ts";
import { Leadership } from "./leadership/leadership.ts";
import { refusalFor } from "./refusal.ts";
import { CommandRefused } from "./replicated-state.ts";
import { RequestPipeline } from "./request-pipeline.ts";
import { aJob } from "./testing/makers.ts";
import { TestLog } from "./testing/test-log.ts";
import { testServer } from "./testing/test-server.ts";
import { serverConfig, stateOf, testRuntime } from "./testing/test-world.ts";

test("a question for another region finds no path, one for this region does", async () => {
  const server = await testServer();
  await assert.rejects(server.ask(listNodes, {}, { region: "mars" }), {
    name: "RpcError",
    message: "No path to region",
  });
  await assert.rejects(server.ask(ping, {}, { region: "mars" }), { message: "No path to region" });
  for (const region of ["", "global"]) assert.deepEqual((await server.ask(listNodes, {}, { region })).reply.Nodes, []);
  await server.close();
});

test("a method that nobody answers is told by name", async () => {
  const server = await testServer();
  const unknown = { ...ping, name: "Job.Dance" };
  await assert.rejects(server.ask(unknown, {}), { name: "RpcError", message: "rpc: can't find method Job.Dance" });
  await server.close();
});

test("every method that is described is answered", async () => {
  const server = await testServer();
  for (const method of Object.values(rpcMethods) as RpcMethod[]) {
    const gone = AbortSignal.abort(new Error("went away"));
    const answer = server.ask(method, method.request.parse({}), { signal: gone });
    const error = await answer.then(
      () => undefined,
      (reason: Error) => reason,
    );
    assert.ok(error === undefined || error.name === "RpcError", `${method.name}: ${error}`);
    assert.doesNotMatch(error?.message ?? "", /can't find/);
  }
  await server.close();
});

test("without a leader a question is held for three seconds, then refused", async () => {
  const server = await testServer({ bootstrap: false });
  const { clock } = server.runtime;
  const asked = [
    server.ask(listNodes, {}),
    server.ask(registerJob, { Job: aJob(), EnforceIndex: false, JobModifyIndex: 0 }),
  ];
  const refused = asked.map((one) =>
    assert.rejects(one, { name: "RpcError", message: "No cluster leader", code: 500 }),
  );
  await clock.advance(seconds(2.9));
  for (const one of asked) assert.equal(await stateOf(one), "waits");
  await clock.advance(seconds(0.1));
  await Promise.all(refused);
  assert.equal(clock.waiting, 0);
  await server.close();
});

test("what any server knows of itself needs no leader", async () => {
  const server = await testServer({ bootstrap: false });
  const { reply, knownLeader } = await server.ask(getLeader, {});
  assert.deepEqual([reply, knownLeader], ["", false]);
  await server.close();
});

test("who goes away while a question is held is not waited for", async () => {
  const server = await testServer({ bootstrap: false });
  const gone = new AbortController();
  const asked = server.ask(listNodes, {}, { signal: gone.signal });
  await settled();
  gone.abort(new Error("went away"));
  await assert.rejects(asked, /went away/);
  await server.close();
});

/** A server that is told by hand whether it leads. */
function serverToldToLead({ upToDate = async () => {} }: { upToDate?: () => Promise<void> } = {}) {
  const runtime = testRuntime();
  const log = new TestLog(runtime.clock);
  const leadership = new Leadership(runtime, log.state, serverConfig, {
    barrier: async () => {},
    fatal: (error) => assert.fail(String(error)),
  });
  const context = {
    config: serverConfig,
    runtime,
    state: log.state,
    leadership,
    upToDate,
    forwarding: undefined,
    leaderAddress: () => (leadership.leads ? serverConfig.rpcAddress : ""),
    lastContact: () => seconds(3),
  } as unknown as ServerContext;
  const waits: Endpoint = {
    method: listNodes as unknown as Endpoint["method"],
    answer: ({ signal, end, options }) => {
      if (options.minQueryIndex === 0) return Promise.resolve({ reply: { Nodes: [] }, index: 1 });
      return new Promise((_, reject) => {
        for (const each of [signal, end]) whenAborted(each, () => reject(each.reason));
      });
    },
  };
  const ended = new AbortController();
  return { leadership, clock: runtime.clock, ended, pipeline: new RequestPipeline(context, [waits], ended.signal) };
}

test("a question that is held is answered the moment this server leads", async () => {
  const { leadership, pipeline, clock } = serverToldToLead();
  const asked = pipeline.call(listNodes, {});
  await clock.advance(seconds(2));
  leadership.follow({ kind: "leader", term: 1 });
  assert.deepEqual(await asked, { reply: { Nodes: [] }, index: 1, knownLeader: true, lastContact: 0 });
  await leadership.close();
});

test("a stale read needs no leader, once this server has known one: before, its state says nothing", async () => {
  const { leadership, pipeline, clock } = serverToldToLead();
  const early = pipeline.call(listNodes, {}, { allowStale: true });
  assert.equal(await stateOf(early), "waits");
  leadership.follow({ kind: "follower", leader: "other" });
  assert.deepEqual(await early, { reply: { Nodes: [] }, index: 1, knownLeader: false, lastContact: seconds(3) });
  leadership.follow({ kind: "candidate" });
  assert.equal((await pipeline.call(listNodes, {}, { allowStale: true })).knownLeader, false);
  const fresh = assert.rejects(pipeline.call(listNodes, {}), /No cluster leader/);
  await clock.advance(seconds(3));
  await fresh;
});

test("who waits for a change at the leader is told when it leads no more; who may be told stale things waits on", async () => {
  const { leadership, pipeline, ended } = serverToldToLead();
  leadership.follow({ kind: "leader", term: 1 });
  await settled();
  const fresh = pipeline.call(listNodes, {}, { minQueryIndex: 7 });
  const stale = pipeline.call(listNodes, {}, { minQueryIndex: 7, allowStale: true });
  await settled();
  leadership.follow({ kind: "follower" });
  await assert.rejects(fresh, { message: "No cluster leader" });
  assert.equal(await stateOf(stale), "waits");
  ended.abort(new Error("shutting down"));
  await assert.rejects(stale, /shutting down/);
});

test("a read that this server cannot show to be new is refused, a stale one is not", async () => {
  const { leadership, pipeline } = serverToldToLead({ upToDate: () => Promise.reject(new NotLeader(undefined)) });
  leadership.follow({ kind: "leader", term: 1 });
  await settled();
  await assert.rejects(pipeline.call(listNodes, {}), { name: "RpcError", message: "No cluster leader" });
  assert.equal((await pipeline.call(listNodes, {}, { allowStale: true })).index, 1);
  await leadership.close();
});

test("who waits for a change and goes away is not waited for", async () => {
  const { leadership, pipeline } = serverToldToLead();
  leadership.follow({ kind: "leader", term: 1 });
  const gone = new AbortController();
  const asked = pipeline.call(listNodes, {}, { minQueryIndex: 7, signal: gone.signal });
  await settled();
  gone.abort(new Error("went away"));
  await assert.rejects(asked, /went away/);
  await leadership.close();
});

test("what the log or the broker refuses is told in words that peers know", () => {
  const told = (error: unknown) => {
    const refusal = refusalFor(error) as Error;
    return [refusal.name, refusal.message];
  };
  assert.deepEqual(told(new NotLeader("other:4647")), ["RpcError", "No cluster leader"]);
  assert.deepEqual(told(new BrokerRefused("evaluation is not outstanding")), [
    "RpcError",
    "evaluation is not outstanding",
  ]);
  assert.deepEqual(told(new CommandRefused("node not found")), ["RpcError", "node not found"]);
  const ofRaft = [
    new LeadershipLost(),
    new RaftOverloaded(9),
    new RaftStopped("Raft is shut down"),
    new LogStoreFull("the log", "no space left on device"),
    new CommandTooLarge(9, 8),
  ];
  for (const error of ofRaft) {
    assert.deepEqual(told(error), ["RpcError", error.message]);
  }
});

test("a fault of ours is not dressed up as a refusal", () => {
  const fault = new TypeError("undefined is not a job");
  assert.equal(refusalFor(fault), fault);
});

test("an answer says how fresh it is", async () => {
  const server = await testServer();
  await server.register(aJob());
  const { index, knownLeader, lastContact, reply } = await server.ask(getJob, { JobID: "web" });
  assert.deepEqual([index, knownLeader, lastContact], [reply.Job?.ModifyIndex, true, 0]);
  await server.close();
});
