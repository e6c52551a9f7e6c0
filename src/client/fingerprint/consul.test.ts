import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom, seconds } from "../../base/index.ts";
import { ConsulApi, MemoryConsul, ServiceRegistrar } from "../../consul/index.ts";
import { mockDriver } from "../../drivers/index.ts";
import { startClient } from "../client.ts";
import { ServerList } from "../servers/server-list.ts";
import { someConfig } from "../testing/client-config.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { FakeServers } from "../testing/fake-servers.ts";
import { consulFingerprint } from "./consul.ts";

test("a node tells which Consul it has for as long as it has it, and is not held up by one that is away", async () => {
  const runtime = fakeRuntime();
  const servers = new FakeServers();
  const consul = new MemoryConsul({ node: "machine-7" });
  consul.isThere = false;
  const api = new ConsulApi(runtime.clock, consul, { token: "", auth: "", timeout: seconds(5) });
  const client = await startClient(
    someConfig({ fingerprints: [consulFingerprint] }),
    runtime,
    servers.rpc,
    [mockDriver(runtime)],
    new ServerList(new SeededRandom("list"), "dc1"),
    { api, registrar: new ServiceRegistrar(runtime, api) },
  );
  const told = () => {
    const { Attributes, Links } = client.node();
    return [
      Object.keys(Attributes)
        .filter((name) => name.includes("consul"))
        .sort(),
      Links.consul,
    ];
  };
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(told(), [[], undefined]);
  consul.isThere = true;
  await runtime.clock.advance(seconds(15));
  const names = ["consul.datacenter", "consul.revision", "consul.server", "consul.version", "unique.consul.name"];
  assert.deepEqual(told(), [names, "dc1.machine-7"]);
  assert.equal(client.node().Attributes["consul.server"], "true");
  await runtime.clock.advance(seconds(5));
  assert.equal(servers.registered.at(-1)?.Links.consul, "dc1.machine-7");
  consul.isThere = false;
  await runtime.clock.advance(seconds(15));
  assert.deepEqual(told(), [[], undefined]);
  const ended = client.shutdown();
  await runtime.clock.advance(seconds(5));
  await ended;
});
