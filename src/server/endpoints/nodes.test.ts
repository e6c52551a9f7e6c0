import assert from "node:assert/strict";
import { test } from "node:test";
import {
  deregisterNode,
  evaluateNode,
  getClientAllocations,
  getNode,
  getNodeAllocations,
  listNodes,
  registerNode,
  updateAllocations,
  updateNodeDrain,
  updateNodeEligibility,
  updateNodeStatus,
} from "../../api/index.ts";
import { formatRfc3339, later, milliseconds, minutes, seconds } from "../../base/index.ts";
import { computedClass, type DrainSpec, type Node } from "../../model/index.ts";
import { settled } from "../../runtime/index.ts";
import { allocationsClientUpdate, planResults } from "../../state/index.ts";
import { aJob, aNode, anAllocation, byNode, id } from "../testing/makers.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";
import { stateOf } from "../testing/test-world.ts";

const refusal = (message: string | RegExp) => ({ name: "RpcError", message });
const storedNode = (server: TestServer) => server.state.view().nodes.get(id(1));

async function serving(work: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await testServer();
  await work(server);
  await server.close();
  assert.deepEqual(server.broken, []);
}

const register = (server: TestServer, fields: object = {}) =>
  server.ask(registerNode, { Node: aNode({ ...fields }) as Node });
const say = (server: TestServer, Status: string, NodeID = id(1)) => server.ask(updateNodeStatus, { NodeID, Status });

/** Places an allocation of "web" on the node. */
async function place(server: TestServer, fields: object = {}): Promise<void> {
  const NodeAllocation = byNode([anAllocation({ ...fields })]);
  await server.state.propose(planResults, { Job: aJob(), EvalID: "", NodeUpdate: {}, NodeAllocation });
}

test("a node that registers is told its time, and the servers of its region", () =>
  serving(async (server) => {
    const { reply, index } = await register(server, { Status: "" });
    assert.ok(reply.HeartbeatTTL >= seconds(10) && reply.HeartbeatTTL < seconds(20), `${reply.HeartbeatTTL}`);
    assert.deepEqual([reply.NodeModifyIndex, reply.LeaderRPCAddr, reply.NumNodes], [index, "127.0.0.1:4647", 1]);
    assert.deepEqual(reply.Servers, [
      { RPCAdvertiseAddr: "127.0.0.1:4647", RPCMajorVersion: 1, RPCMinorVersion: 1, Datacenter: "dc1" },
    ]);
    assert.equal(storedNode(server)?.Status, "initializing");
  }));

test("the class of a node is computed by the servers, whatever it says", () =>
  serving(async (server) => {
    await register(server, { ComputedClass: "best of all" });
    assert.equal(storedNode(server)?.ComputedClass, computedClass(aNode()));
    assert.match(storedNode(server)?.ComputedClass ?? "", /^v1:\d+$/);
  }));

test("a node that does not say what it must is refused in the words peers know", () =>
  serving(async (server) => {
    await assert.rejects(server.ask(registerNode, { Node: null }), refusal("missing node for client registration"));
    await assert.rejects(register(server, { ID: "" }), refusal("missing node ID for client registration"));
    await assert.rejects(register(server, { Datacenter: "" }), refusal("missing datacenter for client registration"));
    await assert.rejects(register(server, { Name: "" }), refusal("missing node name for client registration"));
    await assert.rejects(register(server, { Status: "dancing" }), refusal("invalid status for node"));
    await assert.rejects(register(server, { ID: "short" }), refusal(/UUID must be 36 characters/));
    assert.equal(server.state.view().nodes.size, 0);
  }));

test("a heartbeat that changes nothing writes nothing", () =>
  serving(async (server) => {
    await register(server);
    const before = server.state.view().index;
    const { reply, index } = await say(server, "ready");
    assert.deepEqual([index, reply.NodeModifyIndex, reply.EvalCreateIndex, reply.NumNodes], [0, 0, 0, 1]);
    assert.ok(reply.HeartbeatTTL >= seconds(10));
    assert.equal(server.state.view().index, before);
  }));

test("heartbeats of nobody, of an unknown node and with a strange status are refused", () =>
  serving(async (server) => {
    await register(server);
    await assert.rejects(say(server, "ready", ""), refusal("missing node ID for client status update"));
    await assert.rejects(say(server, "ready", id(9)), { ...refusal("node not found"), code: 404 });
    await assert.rejects(say(server, "dancing"), refusal("invalid status for node"));
  }));

test("a node that comes to be ready, or goes down, has its jobs looked at, once each time", () =>
  serving(async (server) => {
    await server.register(aJob({ ID: "everywhere", Type: "system" }));
    await register(server, { Status: "initializing" });
    await place(server);
    const told = async (Status: string) => {
      const { reply, index } = await say(server, Status);
      const jobs = reply.EvalIDs.map((ID) => server.state.view().evaluations.get(ID)?.JobID);
      assert.equal(reply.EvalCreateIndex, jobs.length > 0 ? index : 0);
      return jobs.sort();
    };
    assert.deepEqual(await told("ready"), ["everywhere", "web"]);
    assert.deepEqual(await told("ready"), []);
    assert.deepEqual(await told("down"), ["everywhere", "web"]);
    assert.deepEqual(await told("down"), []);
    assert.deepEqual(await told("initializing"), []);
    assert.deepEqual((await register(server, { Status: "ready" })).reply.EvalIDs.length, 2);
    assert.deepEqual((await register(server, { Status: "ready" })).reply.EvalIDs.length, 0);
  }));

test("a node that says it goes down is not waited for", () =>
  serving(async (server) => {
    await register(server);
    const { reply } = await say(server, "down");
    assert.equal(reply.HeartbeatTTL, 0);
    await server.runtime.clock.advance(minutes(10));
    assert.ok(!server.runtime.logged.some((line) => line.includes("TTL expired")));
  }));

test("a node that says nothing more goes down", () =>
  serving(async (server) => {
    await register(server);
    await server.runtime.clock.advance(seconds(31));
    assert.equal(storedNode(server)?.Status, "down");
    await say(server, "ready");
    assert.equal(storedNode(server)?.Status, "ready");
  }));

test("a node that is removed is gone, its jobs are looked at, and nobody waits for it", () =>
  serving(async (server) => {
    await register(server);
    await place(server);
    const { reply, index } = await server.ask(deregisterNode, { NodeID: id(1) });
    assert.deepEqual([reply.NodeModifyIndex, reply.EvalIDs.length, reply.EvalCreateIndex], [index, 1, index]);
    assert.deepEqual([reply.HeartbeatTTL, reply.LeaderRPCAddr, reply.Servers], [0, "", []]);
    assert.equal(storedNode(server), undefined);
    await assert.rejects(server.ask(deregisterNode, { NodeID: id(1) }), refusal("node not found"));
    await assert.rejects(server.ask(deregisterNode, { NodeID: "" }), refusal("missing node ID"));
    await server.runtime.clock.advance(minutes(1));
    assert.ok(!server.runtime.logged.some((line) => line.includes("TTL expired")));
  }));

test("a drain is switched on and off, each time with a look at the node's jobs", () =>
  serving(async (server) => {
    await register(server);
    await place(server);
    const on = await server.ask(updateNodeDrain, { NodeID: id(1), Drain: true, Update: null });
    assert.deepEqual(
      [on.reply.NodeModifyIndex, on.reply.EvalCreateIndex, on.reply.EvalIDs.length],
      [on.index, on.index, 1],
    );
    assert.deepEqual([storedNode(server)?.Drain, storedNode(server)?.SchedulingEligibility], [true, "ineligible"]);
    const off = await server.ask(updateNodeDrain, { NodeID: id(1), Drain: false, Update: null });
    assert.ok(off.index > on.index);
    assert.deepEqual([storedNode(server)?.Drain, storedNode(server)?.SchedulingEligibility], [false, "eligible"]);
    await assert.rejects(
      server.ask(updateNodeDrain, { NodeID: id(9), Drain: true, Update: null }),
      refusal("node not found"),
    );
  }));

test("a drain begins and ends by the words of 1.x, with the times that follow from them", () =>
  serving(async (server) => {
    await register(server);
    await place(server);
    const update = (DrainSpec: DrainSpec | null, MarkEligible = false) => {
      const Update = { NodeID: id(1), DrainSpec, MarkEligible, Meta: {} };
      return server.ask(updateNodeDrain, { NodeID: id(1), Drain: DrainSpec !== null, Update });
    };
    const at = server.runtime.clock.wallTime();
    const { reply, index } = await update({ Deadline: 60e9, IgnoreSystemJobs: true });
    assert.deepEqual([reply.NodeModifyIndex, reply.EvalCreateIndex, reply.EvalIDs.length], [index, index, 1]);
    assert.deepEqual(storedNode(server)?.DrainStrategy, {
      Deadline: 60e9,
      IgnoreSystemJobs: true,
      ForceDeadline: formatRfc3339(later(at, minutes(1))),
      StartedAt: formatRfc3339(at),
    });
    await update({ Deadline: 0, IgnoreSystemJobs: false });
    assert.equal(storedNode(server)?.DrainStrategy?.ForceDeadline, null);
    await update(null);
    assert.deepEqual([storedNode(server)?.Drain, storedNode(server)?.SchedulingEligibility], [false, "ineligible"]);
    await update(null, true);
    assert.equal(storedNode(server)?.SchedulingEligibility, "eligible");
    await update({ Deadline: 0, IgnoreSystemJobs: false });
    await server.state.propose(allocationsClientUpdate, {
      Allocs: [anAllocation({ ClientStatus: "complete" })],
      Evals: [],
    });
    await settled();
    assert.deepEqual([storedNode(server)?.Drain, storedNode(server)?.SchedulingEligibility], [false, "ineligible"]);
  }));

test("a node that may not be given work keeps what it has, and jobs are looked at when it may again", () =>
  serving(async (server) => {
    await register(server);
    await place(server);
    const set = (Eligibility: string, NodeID = id(1)) => server.ask(updateNodeEligibility, { NodeID, Eligibility });
    const off = await set("ineligible");
    assert.deepEqual([off.reply.EvalIDs, off.reply.NodeModifyIndex], [[], off.index]);
    assert.equal(storedNode(server)?.SchedulingEligibility, "ineligible");
    const on = await set("eligible");
    assert.deepEqual([on.reply.EvalIDs.length, on.reply.EvalCreateIndex], [1, on.index]);
    assert.equal(storedNode(server)?.SchedulingEligibility, "eligible");
    assert.deepEqual((await set("eligible")).reply.EvalIDs, []);
    await assert.rejects(set("sleepy"), { code: 400, message: 'invalid scheduling eligibility "sleepy"' });
    await assert.rejects(set("eligible", id(9)), refusal("node not found"));
    await server.ask(updateNodeDrain, { NodeID: id(1), Drain: true, Update: null });
    await assert.rejects(set("eligible"), /while it is draining/);
  }));

test("a drain that is as it was changes nothing, and still has jobs looked at", () =>
  serving(async (server) => {
    await register(server);
    await place(server);
    const { ModifyIndex } = storedNode(server) ?? assert.fail();
    const { reply, index } = await server.ask(updateNodeDrain, { NodeID: id(1), Drain: false, Update: null });
    assert.deepEqual([index, reply.NodeModifyIndex, reply.EvalIDs.length], [0, 0, 1]);
    assert.ok(reply.EvalCreateIndex > 0);
    assert.equal(storedNode(server)?.ModifyIndex, ModifyIndex);
  }));

test("a node's jobs can be looked at anew; without any nothing is written", () =>
  serving(async (server) => {
    await register(server);
    const idle = await server.ask(evaluateNode, { NodeID: id(1) });
    assert.deepEqual([idle.index, idle.reply.EvalIDs, idle.reply.NumNodes], [0, [], 1]);
    await place(server);
    const { reply, index } = await server.ask(evaluateNode, { NodeID: id(1) });
    const evaluation = server.state.view().evaluations.get(reply.EvalIDs[0] ?? "");
    assert.deepEqual([evaluation?.JobID, evaluation?.NodeModifyIndex], ["web", storedNode(server)?.ModifyIndex]);
    assert.deepEqual([reply.EvalCreateIndex, reply.NodeModifyIndex, reply.LeaderRPCAddr], [index, 0, "127.0.0.1:4647"]);
    await assert.rejects(server.ask(evaluateNode, { NodeID: id(9) }), refusal("node not found"));
  }));

test("what clients report of allocations is gathered for a short while", () =>
  serving(async (server) => {
    await register(server);
    await place(server);
    const Alloc = [anAllocation({ ClientStatus: "running" })];
    const reported = server.ask(updateAllocations, { Alloc });
    await server.runtime.clock.advance(milliseconds(1));
    assert.equal(await stateOf(reported), "waits");
    await server.runtime.clock.advance(milliseconds(1));
    const stored = server.state.view().allocations.get(id(200));
    assert.deepEqual([stored?.ClientStatus, stored?.ModifyIndex], ["running", (await reported).index]);
    assert.equal(server.state.view().evaluations.size, 0);
    await assert.rejects(server.ask(updateAllocations, { Alloc: [] }), refusal("must update at least one allocation"));
  }));

test("nodes are listed by prefix; a list that is waited for is told of a change", () =>
  serving(async (server) => {
    await register(server);
    await register(server, { ID: "fb27f8c3-0000-4000-8000-000000000002", Name: "other" });
    const list = async (prefix: string) =>
      (await server.ask(listNodes, {}, { prefix })).reply.Nodes.map(({ Name }) => Name);
    assert.deepEqual(
      [await list(""), await list("fb27"), await list("FB27F8C3-00"), await list("ab")],
      [["machine", "other"], ["other"], ["other"], []],
    );
    await assert.rejects(
      list("fb2"),
      refusal("node lookup failed: index error: Input (without hyphens) must be even length"),
    );
    const { index } = await server.ask(listNodes, {});
    const changed = server.ask(listNodes, {}, { minQueryIndex: index });
    await say(server, "down");
    assert.deepEqual(
      (await changed).reply.Nodes.map(({ Status }) => Status),
      ["down", "ready"],
    );
  }));

test("one node is found by its whole id", () =>
  serving(async (server) => {
    await register(server);
    const found = await server.ask(getNode, { NodeID: id(1) });
    assert.deepEqual([found.reply.Node?.ID, found.index], [id(1), storedNode(server)?.ModifyIndex]);
    const missing = await server.ask(getNode, { NodeID: id(9) });
    assert.deepEqual([missing.reply.Node, missing.index], [null, server.state.view().nodes.lastIndex]);
    await assert.rejects(server.ask(getNode, { NodeID: "" }), refusal("missing node ID"));
    await assert.rejects(
      server.ask(getNode, { NodeID: "zz" }),
      refusal("node lookup failed: index error: UUID must be 36 characters"),
    );
  }));

test("a node's allocations are told with the newest of their changes, and at least index 1", () =>
  serving(async (server) => {
    await register(server);
    const none = await server.ask(getClientAllocations, { NodeID: id(1) });
    assert.deepEqual([Object.keys(none.reply.Allocs), none.index], [[], 1]);
    await place(server);
    const { index } = server.state.view();
    await place(server, { ID: id(201), NodeID: id(2) });
    const { reply, index: newest } = await server.ask(getClientAllocations, { NodeID: id(1) });
    assert.deepEqual([Object.entries(reply.Allocs), newest], [[[id(200), index]], index]);
    const whole = await server.ask(getNodeAllocations, { NodeID: id(1).toUpperCase() });
    assert.deepEqual(
      [whole.reply.Allocs.map(({ ID, Job }) => [ID, Job?.ID]), whole.index],
      [[[id(200), "web"]], index],
    );
    await assert.rejects(server.ask(getClientAllocations, { NodeID: "" }), refusal("missing node ID"));
    await assert.rejects(server.ask(getNodeAllocations, { NodeID: "" }), refusal("missing node ID"));
  }));

test("a node that waits for allocations is told of its own, and not woken by those of others", () =>
  serving(async (server) => {
    await register(server);
    await place(server);
    const { index } = await server.ask(getClientAllocations, { NodeID: id(1) });
    const waiting = server.ask(getClientAllocations, { NodeID: id(1) }, { minQueryIndex: index, allowStale: true });
    await place(server, { ID: id(201), NodeID: id(2) });
    assert.equal(await stateOf(waiting), "waits");
    await place(server, { ID: id(202) });
    assert.deepEqual(Object.keys((await waiting).reply.Allocs), [id(200), id(202)]);
  }));

test("a node that waits for allocations is not answered for what it said of them itself", () =>
  serving(async (server) => {
    await register(server);
    await place(server);
    const { index } = await server.ask(getClientAllocations, { NodeID: id(1) });
    const waiting = server.ask(getClientAllocations, { NodeID: id(1) }, { minQueryIndex: index, allowStale: true });
    const said = anAllocation({ ID: id(200), ClientStatus: "running" });
    await server.state.propose(allocationsClientUpdate, { Allocs: [said], Evals: [] });
    assert.equal(await stateOf(waiting), "waits");
    await place(server, { ID: id(202) });
    assert.deepEqual(Object.keys((await waiting).reply.Allocs), [id(200), id(202)]);
  }));
