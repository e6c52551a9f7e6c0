import assert from "node:assert";
import { test } from "node:test";
import { minutes, SeededRandom, seconds } from "../../base/index.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { rebalanceServers } from "./rebalance.ts";
import { ServerList } from "./server-list.ts";

function rebalancing(addresses: readonly string[], answers: (address: string) => boolean) {
  const runtime = fakeRuntime();
  const servers = new ServerList(new SeededRandom("rebalance"), "dc1");
  servers.add(addresses);
  const pinged: string[] = [];
  const ping = async (address: string) => {
    pinged.push(address);
    return answers(address);
  };
  const ending = new AbortController();
  const running = rebalanceServers(runtime, servers, ping, ending.signal);
  const end = async () => {
    ending.abort();
    await running;
    assert.equal(runtime.clock.waiting, 0);
  };
  return { clock: runtime.clock, servers, pinged, end };
}

test("after ten minutes, and then every ten to fifteen, a server that answers is made the first", async () => {
  const { clock, servers, pinged, end } = rebalancing(["a:1", "b:1", "c:1"], () => true);
  await clock.advance(seconds(599));
  assert.deepEqual(pinged, []);
  const firsts = new Set<string | undefined>();
  for (let round = 0; round < 40; round++) {
    await clock.advance(minutes(15));
    assert.equal(servers.first, pinged.at(-1));
    firsts.add(servers.first);
  }
  assert.deepEqual([...firsts].sort(), ["a:1", "b:1", "c:1"]);
  assert.ok(pinged.length >= 40 && pinged.length <= 60);
  await end();
});

test("a server that does not answer is passed over for the next", async () => {
  const { clock, servers, pinged, end } = rebalancing(["a:1", "b:1", "c:1"], (address) => address === "b:1");
  await clock.advance(minutes(60));
  assert.equal(servers.first, "b:1");
  assert.ok(pinged.includes("a:1") || pinged.includes("c:1"));
  assert.deepEqual(servers.addresses().toSorted(), ["a:1", "b:1", "c:1"]);
  await end();
});

test("when no server answers each is asked once, and all stays as it is", async () => {
  const { clock, servers, pinged, end } = rebalancing(["a:1", "b:1", "c:1"], () => false);
  const before = servers.addresses();
  await clock.advance(seconds(600));
  assert.deepEqual(pinged.toSorted(), ["a:1", "b:1", "c:1"]);
  assert.deepEqual(servers.addresses(), before);
  await end();
});

test("a single server is not pinged", async () => {
  const { clock, pinged, end } = rebalancing(["a:1"], () => true);
  await clock.advance(minutes(60));
  assert.deepEqual(pinged, []);
  await end();
});
