import assert from "node:assert";
import { test } from "node:test";
import type * as z from "zod";
import { dictionary } from "../../base/index.ts";
import { job } from "../../model/index.ts";
import { decodeMsgpack, encodeMsgpack, type MsgpackOptions } from "../../wire/index.ts";
import { getJob, planJob, registerJob } from "./jobs.ts";
import { type Answer, defaultQueryOptions, type QueryOptions, type RpcMethod } from "./method.ts";
import { rpcMethods } from "./methods.ts";
import { getClientAllocations, registerNode, updateNodeStatus } from "./nodes.ts";
import { getLeader, getPeers, ping } from "./status.ts";
import { decodeReply, decodeRequest, encodeReply, encodeRequest } from "./wire-codec.ts";

const plainOptions: QueryOptions = { ...defaultQueryOptions, region: "global" };

const overWire = (body: unknown, options?: MsgpackOptions) => decodeMsgpack(encodeMsgpack(body), options);

/** A request as the peer reads it. */
function asked<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
  request: z.output<Request>,
  options: Partial<QueryOptions> = {},
) {
  return decodeRequest(method, overWire(encodeRequest(method, request, { ...plainOptions, ...options })));
}

/** An answer as the asker reads it. */
function answered<Request extends z.ZodType, Reply extends z.ZodType>(
  method: RpcMethod<Request, Reply>,
  answer: Answer<z.output<Reply>>,
) {
  return decodeReply(method, overWire(encodeReply(method, answer), method));
}

test("a heartbeat carries its region beside its own fields", () => {
  const body = encodeRequest(updateNodeStatus, { NodeID: "a", Status: "ready" }, plainOptions);
  assert.deepEqual(body, { NodeID: "a", Status: "ready", Region: "global", Namespace: "default" });
});

test("a blocking read carries its options as fields, and arrives with them", () => {
  const options = { ...plainOptions, minQueryIndex: 7, maxQueryTime: 300e9, allowStale: true, prefix: "ab" };
  const body = encodeRequest(getClientAllocations, { NodeID: "a" }, options);
  assert.deepEqual(body, {
    NodeID: "a",
    Region: "global",
    Namespace: "default",
    Prefix: "ab",
    MinQueryIndex: 7,
    MaxQueryTime: 300e9,
    AllowStale: true,
  });
  assert.deepEqual(asked(getClientAllocations, { NodeID: "a" }, options), { request: { NodeID: "a" }, options });
});

test("a request of a 0.4.1 client is read: nil lists and maps, fields it does not have, fields we do not know", () => {
  const body = overWire({
    Node: {
      ID: "n1",
      Datacenter: "dc1",
      Attributes: null,
      Links: null,
      Resources: null,
      Drain: false,
      StatusUpdatedAt: 1,
    },
    Region: "global",
    Whatever: 1,
  });
  const { request, options } = decodeRequest(registerNode, body);
  assert.equal(request.Node?.ID, "n1");
  assert.deepEqual(request.Node?.Attributes, {});
  assert.equal(request.Node?.Resources, null);
  assert.equal(options.region, "global");
  assert.equal(options.namespace, "default");
});

test("what is no request is refused with its path", () => {
  const bad: [unknown, RegExp][] = [
    [null, /Cannot read request of Job\.Register/],
    [[], /Cannot read request of Job\.Register/],
    [{ Job: 3 }, /Cannot read request of Job\.Register: Job: /],
    [{ Job: { TaskGroups: [{ Tasks: [null] }] } }, /Job\.TaskGroups\[0\]\.Tasks\[0\]: /],
    [{ Job: null, Region: 5 }, /Region: /],
  ];
  for (const [body, message] of bad) {
    assert.throws(() => decodeRequest(registerJob, overWire(body)), { name: "RpcError", code: 400, message });
  }
});

test("a reply carries its index and its freshness beside its own fields", () => {
  const answer = { reply: { Allocs: { a1: 5 } }, index: 9, knownLeader: true, lastContact: 250e6 };
  assert.deepEqual(encodeReply(getClientAllocations, answer), {
    Allocs: { a1: 5 },
    Index: 9,
    KnownLeader: true,
    LastContact: 250e6,
  });
  assert.deepEqual(answered(getClientAllocations, answer), answer);
});

test("a ping is empty both ways, and the status calls answer with bare values", () => {
  const known = { index: 3, knownLeader: true, lastContact: 0 };
  assert.deepEqual(encodeRequest(ping, {}, plainOptions), {});
  assert.deepEqual(encodeReply(ping, { reply: {}, ...known }), {});
  assert.equal(encodeReply(getLeader, { reply: "10.0.0.1:4647", ...known }), "10.0.0.1:4647");
  assert.equal(answered(getLeader, { reply: "10.0.0.1:4647", ...known }).reply, "10.0.0.1:4647");
  assert.deepEqual(answered(getPeers, { reply: ["a:1", "b:2"], ...known }).reply, ["a:1", "b:2"]);
  assert.deepEqual(decodeReply(getPeers, null).reply, []);
});

test("the next launch of a periodic job travels as Go's binary time", () => {
  const reply = decodeReply(planJob, {}).reply;
  const answer = {
    reply: { ...reply, NextPeriodicLaunch: "2026-11-22T10:20:00Z" },
    index: 1,
    knownLeader: true,
    lastContact: 0,
  };
  const body = encodeReply(planJob, answer) as { NextPeriodicLaunch: Uint8Array };
  assert.equal(Buffer.from(body.NextPeriodicLaunch).toString("hex"), "010000000ee294b8d000000000ffff");
  assert.deepEqual(answered(planJob, answer), answer);
});

test("a key of a user's that is called as a time is, is none", () => {
  const Meta = dictionary([["NextPeriodicLaunch", "soon"]]);
  const Job = job.parse({ ID: "web", Meta, TaskGroups: [{ Tasks: [{ Config: { ...Meta } }] }] });
  const request = { ...decodeRequest(registerJob, {}).request, Job };
  assert.deepEqual(asked(registerJob, request).request, request);
  const answer = { reply: { Job }, index: 1, knownLeader: true, lastContact: 0 };
  assert.deepEqual(answered(getJob, answer), answer);
});

test("no next launch travels as Go's zero time, and is read as none", () => {
  const answer = { reply: decodeReply(planJob, {}).reply, index: 1, knownLeader: true, lastContact: 0 };
  const body = encodeReply(planJob, answer) as { NextPeriodicLaunch: Uint8Array };
  assert.equal(Buffer.from(body.NextPeriodicLaunch).toString("hex"), `01${"00".repeat(12)}ffff`);
  assert.equal(answered(planJob, answer).reply.NextPeriodicLaunch, null);
});

test("every method's empty request and empty reply survive the wire", () => {
  for (const method of Object.values(rpcMethods) as RpcMethod[]) {
    const { request } = decodeRequest(method, {});
    assert.deepEqual(asked(method, request).request, request, method.name);
    const { reply } = decodeReply(method, method === getLeader ? "" : method.reply.safeParse([]).success ? [] : {});
    const answer = { reply, index: 1, knownLeader: true, lastContact: 0 };
    assert.deepEqual(answered(method, answer).reply, reply, method.name);
  }
});

test("what is no reply is refused", () => {
  for (const body of [null, 3, "text", { Index: "x" }, { Allocs: 3 }]) {
    assert.throws(() => decodeReply(getClientAllocations, body), { name: "RpcError", code: 500 });
  }
});
