import assert from "node:assert/strict";
import { rpcMethods } from "../../../src/api/index.ts";
import type { RpcMethod } from "../../../src/api/rpc/method.ts";
import { decodeReply } from "../../../src/api/rpc/wire-codec.ts";
import { dictionary, SeededRandom } from "../../../src/base/index.ts";
import { startHttpServer } from "../../../src/http/http-server.ts";
import { lonelyMember } from "../../../src/http/testing/http-world.ts";
import { type HttpHandler, logInto, ManualClock } from "../../../src/runtime/index.ts";
import type { Target } from "../target.ts";

/** Of each method the reply that says nothing. */
const replies = new Map<RpcMethod, unknown>(
  Object.values(rpcMethods).map((method: RpcMethod) => {
    const nothing = [{}, [], ""].find((body) => method.reply.safeParse(body).success);
    return [method, decodeReply(method, nothing).reply];
  }),
);
const clock = new ManualClock();
/** An error that nobody foresaw is logged with its origin, and is a bug. */
const surprises: unknown[] = [];
const log = logInto(({ fields: { stack } }) => {
  if (stack !== undefined) surprises.push(stack);
});
const never = new AbortController().signal;
const nowhere = () => Promise.reject(new Error("unused"));
let handle: HttpHandler = nowhere;
await startHttpServer(
  {
    clock,
    log,
    random: new SeededRandom("http"),
    http: {
      listen: async (address, _limits, handler) => {
        handle = handler;
        return { address, close: async () => {} };
      },
      client: () => ({ send: nowhere }),
    },
  },
  {
    rpc: {
      call: async (method) => ({ reply: replies.get(method) as never, index: 1, knownLeader: true, lastContact: 0 }),
    },
    snapshots: { save: nowhere, restore: nowhere },
    agent: {
      name: "vm",
      region: "global",
      datacenter: "dc1",
      self: () => ({ config: {}, member: lonelyMember, stats: {} }),
      server: {
        members: () => [],
        join: async (addresses) => ({ joined: addresses.length, error: "" }),
        forceLeave: async () => {},
        keys: undefined,
      },
    },
  },
  { address: "10.0.0.1:4646", responseHeaders: {}, hosts: { own: [], listed: [] }, membersShape: "list" },
);

const lines = (...text: readonly string[]) => Buffer.from(text.join("\n"));
const job = JSON.stringify({ Job: { ID: "web", Datacenters: ["dc1"], TaskGroups: [{ Name: "g", Tasks: [] }] } });

/** Requests as Node's parser gives them, on a server without TLS: anybody may send them. */
export const httpRequests: Target = {
  name: "http requests",
  samples: [
    lines("GET /v1/jobs?prefix=a&index=7&wait=1m30s&stale&pretty=1", "accept-encoding: gzip", "", ""),
    lines("GET /v1/job/web%2Fa/allocations?region=global&namespace=default", "", ""),
    lines("GET /v1/node/0123/allocations?consistent", "x-nomad-token: a", "", ""),
    lines("PUT /v1/jobs", "content-type: application/json", "origin: http://a:1", "host: a:1", "", job),
    lines("POST /v1/job/web/plan", "content-length: 9", "", job),
    lines("PUT /v1/node/0123/drain?enable=true", "", ""),
    lines("PUT /v1/agent/join?address=a&address=b:1", "sec-fetch-site: cross-site", "", ""),
    lines("GET /v1/agent/members?shape=object", "", ""),
    lines("PUT /v1/system/gc", "", ""),
    lines("DELETE http://a/v1/job/../job/web", "", ""),
  ],
  refusals: [],
  async feed(input, random) {
    const text = input.toString("latin1");
    const end = text.indexOf("\n\n");
    const [first = "", ...headers] = text.slice(0, end < 0 ? undefined : end).split("\n");
    const [method = "", target = ""] = first.split(" ");
    // What the parser lets nobody send.
    if (!/^(GET|PUT|POST|DELETE|HEAD|OPTIONS)$/.test(method) || !/^[\x21-\x7e\x80-\xff]+$/.test(target)) return;
    const body = end < 0 ? Buffer.alloc(0) : input.subarray(end + 2);
    const response = new SunkResponse();
    const request = { method, target, headers: named(headers), remoteAddress: "10.0.0.9:4000" };
    const cut = random.below(body.length + 1);
    await handle({ ...request, body: inTwo(body, cut) }, response, never);
    assert.deepEqual(surprises.splice(0), []);
    assert.ok(response.ended, `${method} ${target} is not answered`);
    assert.equal(clock.waiting, 0, "what is left behind on the clock");
  },
};

/** Takes an answer, and sees that it is one. */
class SunkResponse {
  begun = false;
  ended = false;

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    assert.ok(!this.begun && status >= 200 && status < 600);
    for (const [name, value] of Object.entries(headers)) assert.match(value, /^[\t\x20-\x7e\x80-\xff]*$/, name);
    this.begun = true;
  }

  async write(): Promise<void> {
    assert.ok(this.begun && !this.ended);
  }

  async end(): Promise<void> {
    assert.ok(this.begun && !this.ended);
    this.ended = true;
  }

  destroy(): void {}
}

function named(headers: readonly string[]): Readonly<Record<string, string>> {
  const split = headers.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, Math.max(0, colon)).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  return dictionary(split.filter(([name]) => /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)));
}

async function* inTwo(bytes: Uint8Array, cut: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, cut);
  yield bytes.subarray(cut);
}
