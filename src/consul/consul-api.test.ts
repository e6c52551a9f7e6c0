import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seconds } from "../base/index.ts";
import { type HttpClient, ManualClock } from "../runtime/index.ts";
import { ConsulApi } from "./consul-api.ts";
import { ConsulRefusal, ConsulSilent } from "./consul-failure.ts";
import { MemoryConsul } from "./memory-consul.ts";
import { syncPlan } from "./sync-plan.ts";
import { someService } from "./testing/entries.ts";

const never = new AbortController().signal;
const plain = { token: "", auth: "", timeout: seconds(5) };

function answering(body: string, status = 200): ConsulApi {
  const consul = new MemoryConsul();
  consul.instead.set("/", { status, body });
  return new ConsulApi(new ManualClock(), consul, plain);
}

test("the token and the user are sent with every request, and never in an address", async () => {
  const consul = new MemoryConsul();
  const api = new ConsulApi(new ManualClock(), consul, { ...plain, token: "s3cret", auth: "me:pass" });
  await api.self(never);
  assert.equal(consul.headers[0]?.["X-Consul-Token"], "s3cret");
  assert.equal(consul.headers[0]?.Authorization, `Basic ${Buffer.from("me:pass").toString("base64")}`);
  assert.ok(consul.requests.every((request) => !request.includes("s3cret")));
  api.use({ ...plain, token: "newer" });
  await api.self(never);
  assert.equal(consul.headers.at(-1)?.["X-Consul-Token"], "newer");
  assert.equal(consul.headers.at(-1)?.Authorization, undefined);
});

test("what is not as expected in an answer is left out, and what is no answer is silence", async () => {
  const strange = {
    a: { Service: "web", Port: 70_000, Tags: ["x", 7, null], Address: 3, Meta: { k: 1, l: "v" } },
    b: null,
    c: [],
    d: { ID: "e", Service: "db" },
    __proto__: { Service: "no" },
  };
  assert.deepEqual(
    [...(await answering(JSON.stringify(strange)).services(never))],
    [
      ["a", { name: "web", tags: ["x"], address: "", port: 0, meta: { __proto__: null, l: "v" } }],
      ["e", { name: "db", tags: [], address: "", port: 0, meta: undefined }],
    ],
  );
  for (const body of ["null", "[]", "7", '"text"', '{"a":{"b":1}}', '{"__proto__":{"Service":"x"}}']) {
    const api = answering(body);
    assert.ok((await api.services(never)).size <= 1, body);
    assert.ok((await api.checks(never)).size <= 1, body);
    assert.deepEqual(await api.addresses({ name: "nomad", tag: "rpc", datacenter: "dc1" }, never), []);
    assert.deepEqual(await api.datacenters(never), []);
    assert.equal((await api.self(never)).version, "");
  }
  for (const body of ["", "{", "<html>"]) await assert.rejects(answering(body).services(never), ConsulSilent);
});

/** What an answer may have at any place: what belongs there, or anything else. */
const field = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("_nomad-server-x", "web", 80, ["a"], {}) },
  fc.jsonValue(),
);
const entry = fc.dictionary(
  fc.constantFrom("ID", "Service", "Tags", "Port", "Address", "Meta", "CheckID", "ServiceID"),
  field,
);
const answer = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(fc.constantFrom("_nomad-server-x", "b", "__proto__"), entry),
  fc.array(entry),
);

test("property: whatever JSON comes as an answer is read, and what is to be done follows from it", async () => {
  await fc.assert(
    fc.asyncProperty(answer, answer, async (one, other) => {
      const consul = new MemoryConsul();
      consul.instead.set("/v1/agent/services", { status: 200, body: JSON.stringify(one) });
      consul.instead.set("/v1/", { status: 200, body: JSON.stringify(other) });
      const api = new ConsulApi(new ManualClock(), consul, plain);
      const known = { services: await api.services(never), checks: await api.checks(never) };
      const { registerServices } = syncPlan(new Map([["server", [someService("server", "y")]]]), known, () => false);
      assert.equal(registerServices.length, 1);
      for (const address of await api.addresses({ name: "nomad", tag: "rpc", datacenter: "dc1" }, never)) {
        assert.match(address, /:[1-9]\d*$/);
      }
      await Promise.all([api.self(never), api.datacenters(never)]);
    }),
    { numRuns: 500 },
  );
});

test("a refusal is told in Consul's words, as far as they are bearable", async () => {
  await assert.rejects(answering("Permission denied\n", 403).services(never), (error: ConsulRefusal) => {
    assert.ok(error instanceof ConsulRefusal);
    assert.deepEqual([error.status, error.message], [403, "403: Permission denied"]);
    return true;
  });
  await assert.rejects(answering("x".repeat(100_000), 500).self(never), ({ message }) => message.length < 600);
});

test("an answer without end is not read to its end", async () => {
  let sent = 0;
  const endless = async function* () {
    for (;;) {
      sent += 1024 * 1024;
      yield Buffer.alloc(1024 * 1024, " ");
    }
  };
  const http: HttpClient = { send: async () => ({ status: 200, headers: {}, body: endless() }) };
  await assert.rejects(new ConsulApi(new ManualClock(), http, plain).services(never), /the answer is too long/);
  assert.ok(sent < 20 * 1024 * 1024);
});

test("who takes longer than the timeout has not answered, and who is asked no more is left at once", async () => {
  const clock = new ManualClock();
  const http: HttpClient = {
    send: ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true })),
  };
  const api = new ConsulApi(clock, http, plain);
  const late = assert.rejects(api.services(never), /no answer within 5s/);
  await clock.advance(seconds(5));
  await late;
  const leaving = new AbortController();
  const left = assert.rejects(api.services(leaving.signal), /leaving/);
  leaving.abort(new Error("leaving"));
  await left;
  assert.equal(clock.waiting, 0);
});

test("ids go into paths as what they are", async () => {
  const consul = new MemoryConsul();
  const api = new ConsulApi(new ManualClock(), consul, plain);
  const id = "_nomad-executor-a-web-s-../../x?y#z%20/é";
  consul.services.set(id, { ID: id, Service: "s", Tags: [], Address: "", Port: 0, Meta: {} });
  await api.deregisterService(id, never);
  assert.deepEqual([...consul.services], []);
  await api.deregisterService(id, never);
});
