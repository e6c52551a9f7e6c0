import assert from "node:assert/strict";
import { rpcMethods } from "../../../src/api/index.ts";
import { RpcError, type RpcMethod } from "../../../src/api/rpc/method.ts";
import { decodeReply, decodeRequest, replyUnpacker, requestUnpacker } from "../../../src/api/rpc/wire-codec.ts";
import { ByteBudget } from "../../../src/base/index.ts";
import { encodeCall } from "../../../src/rpc/call-format.ts";
import { ProtocolViolation, StreamClosed } from "../../../src/rpc/errors.ts";
import { encodeHeader, frameFlag, frameType } from "../../../src/rpc/frame.ts";
import { LargeReplies } from "../../../src/rpc/large-replies.ts";
import { serveCalls } from "../../../src/rpc/serve-calls.ts";
import { quietRuntime } from "../../../src/rpc/testing/quiet-runtime.ts";
import { YamuxSession } from "../../../src/rpc/yamux.ts";
import { type Connection, ManualClock, type Network } from "../../../src/runtime/index.ts";
import { rpcHandlers } from "../../../src/server/rpc-service.ts";
import {
  decodeFirstMsgpack,
  decodeMsgpack,
  encodeMsgpack,
  InvalidMsgpack,
  UnwritableMsgpack,
} from "../../../src/wire/index.ts";
import { misshapen } from "../mutations.ts";
import type { Target } from "../target.ts";

const methods: readonly RpcMethod[] = Object.values(rpcMethods);
const unpack = requestUnpacker(methods);
const clock = new ManualClock();
const runtime = quietRuntime({} as Network, clock);

/** What waits on a clock that stands still would wait for ever; what is over has nothing to wait for. */
async function leavingNothing(work: Promise<void>): Promise<void> {
  try {
    await work;
  } finally {
    assert.equal(clock.waiting, 0, "what is left behind on the clock");
  }
}

const resources = {
  CPU: 20,
  MemoryMB: 16,
  DiskMB: 10,
  IOPS: 0,
  Networks: [{ MBits: 1, DynamicPorts: [{ Label: "http", Value: 0 }] }],
};
const Job = {
  ID: "web",
  Name: "web",
  Region: "global",
  Type: "service",
  Priority: 50,
  Datacenters: ["dc1"],
  Constraints: [{ LTarget: "${attr.arch}", RTarget: "amd64", Operand: "=" }],
  TaskGroups: [
    {
      Name: "g",
      Count: 1,
      RestartPolicy: { Attempts: 1, Interval: 60e9, Delay: 1e9, Mode: "fail" },
      Tasks: [
        {
          Name: "t",
          Driver: "raw_exec",
          Config: { command: "/bin/true", args: ["a"] },
          Env: { A: "b" },
          Resources: resources,
        },
      ],
    },
  ],
  Update: { Stagger: 1e9, MaxParallel: 1 },
  Periodic: null,
  Meta: { a: "b" },
};
const Node = {
  ID: "0".repeat(36),
  Datacenter: "dc1",
  Name: "n",
  HTTPAddr: "127.0.0.1:4646",
  Attributes: { arch: "amd64" },
  Resources: resources,
  Links: {},
  Meta: {},
  Status: "ready",
};
const said: Readonly<Record<string, object>> = {
  "Status.Ping": {},
  "Job.Register": { Job, EnforceIndex: false, JobModifyIndex: 0, Region: "global" },
  "Job.GetJob": { JobID: "web", Region: "global", MinQueryIndex: 7, MaxQueryTime: 1e9, AllowStale: true },
  "Job.Plan": { Job, Diff: true, Region: "global" },
  "Node.Register": { Node, Region: "global" },
  "Node.UpdateAlloc": {
    Alloc: [{ ID: "a", ClientStatus: "running", TaskStates: { t: { State: "running", Events: [] } } }],
  },
  "Eval.Update": { Evals: [{ ID: "e", JobID: "web", Status: "complete" }], EvalToken: "t" },
  "Plan.Submit": { Plan: { EvalID: "e", EvalToken: "t", Priority: 50, NodeUpdate: {}, NodeAllocation: {} } },
};
const calls = Object.entries(said).map(([ServiceMethod, body]) => encodeCall({ ServiceMethod, Seq: 3 }, body));

/** A peer that has said this, and takes whatever it is answered. */
function peer(input: Uint8Array, cut: number): Connection {
  const chunks = [input.subarray(0, cut), input.subarray(cut)];
  return {
    remoteAddress: "10.0.0.9:4000",
    incoming: (async function* () {
      yield* chunks;
    })(),
    write: async () => {},
    close: () => {},
  };
}

/** A stream of calls to every method a server has. */
export const rpcCalls: Target = {
  name: "rpc calls",
  samples: calls,
  refusals: [InvalidMsgpack, ProtocolViolation],
  feed(input, random) {
    const served = serveCalls(runtime, peer(input, random.below(input.length + 1)), {
      handlers,
      unpack,
      budget: new ByteBudget(1 << 24),
      replies: new LargeReplies(new ByteBudget(1 << 24)),
      log: runtime.log,
    });
    return leavingNothing(served);
  },
};

const handlers = rpcHandlers(methods, {
  answerToWrite: async () => {
    throw new RpcError("job not found", { code: 404 });
  },
});

/** Bodies of every method, well-formed msgpack that says what nobody would. What is unpacked is what would be decoded. */
export const rpcBodies: Target = {
  name: "rpc bodies",
  samples: Object.values(said).map((body) => encodeMsgpack(body)),
  refusals: [RpcError, InvalidMsgpack, UnwritableMsgpack],
  feed(input, random) {
    const body = misshapen(decodeFirstMsgpack(input).value, random);
    const method = methods[random.below(methods.length)];
    if (method === undefined) return;
    const bytes = encodeMsgpack(body);
    if (random.below(4) === 0) {
      const decoded = decodeMsgpack(bytes, method);
      const unpacked = replyUnpacker(method)(bytes);
      if (unpacked !== undefined) assert.deepEqual(decodeReply(method, unpacked), decodeReply(method, decoded));
      else decodeReply(method, decoded);
    } else {
      const decoded = decodeMsgpack(bytes);
      const unpacked = unpack(method.name, bytes);
      if (unpacked !== undefined) assert.deepEqual(decodeRequest(method, unpacked), decodeRequest(method, decoded));
      else decodeRequest(method, decoded);
    }
  },
};

const window = (stream: number, flags: number, length = 0) =>
  encodeHeader({ type: frameType.windowUpdate, flags, stream, length });
const data = (stream: number, flags: number, payload: Uint8Array) =>
  Buffer.concat([encodeHeader({ type: frameType.data, flags, stream, length: payload.length }), payload]);

/** Frames of a session whose streams are read, and answered. */
export const yamux: Target = {
  name: "yamux",
  samples: [
    Buffer.concat([window(1, frameFlag.syn), data(1, 0, calls[0] as Uint8Array), window(1, frameFlag.fin)]),
    Buffer.concat([
      data(1, frameFlag.syn, Buffer.from("ab")),
      window(3, frameFlag.syn, 9),
      data(3, frameFlag.fin, Buffer.from("c")),
    ]),
    Buffer.concat([window(1, frameFlag.syn), window(1, frameFlag.rst), data(1, 0, Buffer.alloc(20))]),
    Buffer.concat([
      encodeHeader({ type: frameType.ping, flags: frameFlag.syn, stream: 0, length: 99 }),
      encodeHeader({ type: frameType.ping, flags: frameFlag.ack, stream: 0, length: 1 }),
      encodeHeader({ type: frameType.goAway, flags: 0, stream: 0, length: 0 }),
    ]),
  ],
  refusals: [ProtocolViolation, StreamClosed],
  feed(input, random) {
    const accept = (stream: { close(): void; read(): Promise<unknown>; write(bytes: Uint8Array): Promise<void> }) => {
      const echoed = async () => {
        const bytes = await stream.read();
        if (bytes instanceof Uint8Array) await stream.write(bytes);
        stream.close();
      };
      echoed().catch((error) => {
        if (!(error instanceof StreamClosed)) throw error;
      });
    };
    const session = new YamuxSession(clock, peer(input, random.below(input.length + 1)), {
      side: "server",
      accept,
    });
    return leavingNothing(session.run());
  },
};
