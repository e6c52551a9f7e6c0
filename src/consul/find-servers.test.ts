import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom, seconds } from "../base/index.ts";
import { ManualClock } from "../runtime/index.ts";
import { ConsulApi } from "./consul-api.ts";
import { findServers } from "./find-servers.ts";
import { MemoryConsul } from "./memory-consul.ts";

const never = new AbortController().signal;

function find(consul: MemoryConsul): Promise<readonly string[]> {
  const api = new ConsulApi(new ManualClock(), consul, { token: "", auth: "", timeout: seconds(5) });
  return findServers(api, new SeededRandom("find"), { name: "nomad", tag: "rpc" }, never);
}

function agent(cluster: MemoryConsul[], tag: string, Address: string, Port = 4647): MemoryConsul {
  const consul = new MemoryConsul({ cluster, address: "10.0.0.9" });
  const ID = `_nomad-server-nomad-${tag}`;
  consul.services.set(ID, { ID, Service: "nomad", Tags: [tag], Address, Port, Meta: {} });
  return consul;
}

test("servers are found by their tag, at their own address or their Consul's", async () => {
  const cluster: MemoryConsul[] = [];
  const consul = agent(cluster, "rpc", "10.0.0.1");
  agent(cluster, "serf", "10.0.0.2");
  agent(cluster, "rpc", "");
  agent(cluster, "rpc", "fd00::1");
  agent(cluster, "rpc", "10.0.0.3", 0);
  assert.deepEqual(await find(consul), ["10.0.0.1:4647", "10.0.0.9:4647", "[fd00::1]:4647"]);
});

test("no more datacenters are asked, and no more servers heard, than any cluster has", async () => {
  const consul = new MemoryConsul();
  const names = Array.from({ length: 500 }, (_, i) => `dc${i}`);
  consul.instead.set("/v1/catalog/datacenters", { status: 200, body: JSON.stringify(names) });
  const instances = Array.from({ length: 5000 }, (_, i) => ({
    Address: `10.0.${i >> 8}.${i & 255}`,
    ServicePort: 4647,
  }));
  consul.instead.set("/v1/catalog/service", { status: 200, body: JSON.stringify(instances) });
  assert.equal((await find(consul)).length, 100);
  assert.equal(consul.requests.length, 1 + 9);
});

test("a datacenter that cannot be asked does not hide the others", async () => {
  const consul = agent([], "rpc", "10.0.0.1");
  consul.instead.set("/v1/catalog/datacenters", { status: 200, body: '["dc1","dc2"]' });
  const answer = consul.answer.bind(consul);
  consul.answer = (method, target, body) =>
    target.includes("dc=dc1") ? { status: 500, body: "No path to datacenter" } : answer(method, target, body);
  assert.deepEqual(await find(consul), ["10.0.0.1:4647"]);
});
