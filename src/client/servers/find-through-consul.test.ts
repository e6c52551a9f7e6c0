import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, type Instant, minutes, SeededRandom, seconds } from "../../base/index.ts";
import { ConsulApi, MemoryConsul } from "../../consul/index.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { findThroughConsul } from "./find-through-consul.ts";
import { ServerList } from "./server-list.ts";

/** A client that looks for servers; `contact` is what it last heard of any. */
function searching(named: readonly string[], contact: { heardAt: Instant | undefined; granted: Duration }) {
  const runtime = fakeRuntime();
  const consul = new MemoryConsul();
  const ID = "_nomad-server-nomad-rpc";
  consul.services.set(ID, { ID, Service: "nomad", Tags: ["rpc"], Address: "10.0.0.7", Port: 4647, Meta: {} });
  const servers = new ServerList(new SeededRandom("list"), "dc1");
  servers.add(named);
  const api = new ConsulApi(runtime.clock, consul, { token: "", auth: "", timeout: seconds(5) });
  const ending = new AbortController();
  const search = { servers, registration: { contact }, service: "nomad" };
  const running = findThroughConsul(runtime, api, search, ending.signal);
  const end = async () => {
    ending.abort();
    await running;
  };
  return { clock: runtime.clock, consul, servers, end };
}

test("a client that knows no server finds them in Consul, also when that comes later", async () => {
  const { clock, servers, end } = searching([], { heardAt: undefined, granted: seconds(0) });
  await clock.advance(seconds(0));
  assert.deepEqual(servers.addresses(), ["10.0.0.7:4647"]);
  await end();
  const later = searching([], { heardAt: undefined, granted: seconds(0) });
  later.consul.isThere = false;
  await later.clock.advance(minutes(3));
  later.consul.isThere = true;
  await later.clock.advance(seconds(5));
  assert.deepEqual(later.servers.addresses(), ["10.0.0.7:4647"]);
  await later.end();
});

test("servers that the operator named have 15 s before others are looked for, and are asked before those", async () => {
  const { clock, consul, servers, end } = searching(["10.0.0.1"], { heardAt: undefined, granted: seconds(0) });
  await clock.advance(seconds(14));
  assert.deepEqual(consul.requests, []);
  await clock.advance(seconds(7));
  assert.deepEqual(servers.addresses(), ["10.0.0.1:4647", "10.0.0.7:4647"]);
  await end();
});

test("while servers answer Consul is not asked, and it is when none has for three times what they granted", async () => {
  const contact: { heardAt: Instant | undefined; granted: Duration } = { heardAt: undefined, granted: seconds(20) };
  const { clock, consul, servers, end } = searching(["10.0.0.1"], contact);
  contact.heardAt = clock.now();
  await clock.advance(seconds(59));
  assert.deepEqual(consul.requests, []);
  await clock.advance(seconds(7));
  assert.equal(servers.addresses().length, 2);
  const asked = consul.requests.length;
  contact.heardAt = clock.now();
  await clock.advance(seconds(50));
  assert.equal(consul.requests.length, asked);
  await end();
});
