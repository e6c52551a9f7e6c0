import assert from "node:assert";
import { test } from "node:test";
import { inSeconds, SeededRandom } from "../../base/index.ts";
import { ServerList, type ServerNews } from "./server-list.ts";

function list(...named: readonly string[]): ServerList {
  const servers = new ServerList(new SeededRandom("servers"), "dc1");
  servers.add(named);
  return servers;
}

/** What a server says of the servers `address` or `address@datacenter`. */
function news(servers: readonly string[], NumNodes = 1, RPCMajorVersion = 1): ServerNews {
  const Servers = servers.map((text) => {
    const [RPCAdvertiseAddr = "", Datacenter = "dc1"] = text.split("@");
    return { RPCAdvertiseAddr, RPCMajorVersion, RPCMinorVersion: 7, Datacenter };
  });
  return { Servers, NumNodes };
}

const sorted = (servers: ServerList) => servers.addresses().toSorted();

test("servers are known once, with a port, and what is no address is given back", () => {
  const servers = list("a", "b:1");
  assert.deepEqual(servers.add(["a:4647", "c", "", "no address"]), ["", "no address"]);
  assert.deepEqual(sorted(servers), ["a:4647", "b:1", "c:4647"]);
});

test("clients that know the same servers do not all begin with the same one", () => {
  const firsts = new Set<string | undefined>();
  for (let seed = 0; seed < 30; seed++) {
    const servers = new ServerList(new SeededRandom(`${seed}`), "dc1");
    servers.add(["a:1", "b:1", "c:1"]);
    firsts.add(servers.first);
  }
  assert.deepEqual([...firsts].sort(), ["a:1", "b:1", "c:1"]);
});

test("a heartbeat's answer says who the servers are, and the one in use stays in use", () => {
  const servers = list("a:1", "b:1");
  servers.failed(servers.first === "a:1" ? "a:1" : "nobody:1");
  assert.equal(servers.first, "b:1");
  servers.learn(news(["c:1", "b:1", "d:1@dc2", "e:1"]));
  assert.equal(servers.first, "b:1");
  assert.deepEqual(servers.addresses().slice(1, 3).toSorted(), ["c:1", "e:1"]);
  assert.equal(servers.addresses().at(-1), "d:1");
  servers.learn(news(["d:1@dc2", "e:1"]));
  assert.deepEqual(servers.addresses(), ["e:1", "d:1"]);
});

test("a server of a newer major version is not asked, one of a newer minor version is", () => {
  const servers = list("a:1");
  servers.learn({ Servers: [...news(["a:1"]).Servers, ...news(["b:1"], 1, 2).Servers], NumNodes: 1 });
  assert.deepEqual(servers.addresses(), ["a:1"]);
});

test("news of nobody, or of servers that cannot be asked, do not leave a client without servers", () => {
  const servers = list("a:1");
  servers.learn(news([]));
  servers.learn(news(["", "no address"]));
  servers.learn(news(["b:1"], 1, 2));
  assert.deepEqual(servers.addresses(), ["a:1"]);
});

test("a server that fails comes last, whoever reports it and how often", () => {
  const servers = list("a:1", "b:1", "c:1");
  const [first = "", second = "", third = ""] = servers.addresses();
  assert.equal(servers.failed(first), true);
  assert.equal(servers.failed(first), false);
  assert.deepEqual(servers.addresses(), [second, third, first]);
  assert.equal(servers.failed("unknown:1"), false);
  assert.deepEqual(servers.addresses(), [second, third, first]);
});

test("the only server stays the first when it fails", () => {
  const servers = list("a:1");
  assert.equal(servers.failed("a:1"), false);
  assert.deepEqual(servers.addresses(), ["a:1"]);
});

test("when all that servers told of are silent, those the operator named are asked again", () => {
  const servers = list("named:1");
  servers.learn(news(["a:1", "b:1"]));
  assert.deepEqual(sorted(servers), ["a:1", "b:1"]);
  servers.failed("a:1");
  servers.answered("a:1");
  servers.failed("b:1");
  assert.deepEqual(sorted(servers), ["a:1", "b:1"]);
  servers.failed("a:1");
  assert.equal(servers.first, "named:1");
  assert.deepEqual(sorted(servers), ["a:1", "b:1", "named:1"]);
  servers.learn(news(["c:1"]));
  assert.deepEqual(servers.addresses(), ["c:1"]);
});

test("an order for rebalancing has all servers, those of the own datacenter first", () => {
  const servers = list();
  servers.learn(news(["x:1@dc2", "a:1", "y:1@dc3", "b:1", "c:1"]));
  const orders = Array.from({ length: 50 }, () => servers.shuffled());
  for (const order of orders) {
    assert.deepEqual(order.slice(0, 3).toSorted(), ["a:1", "b:1", "c:1"]);
    assert.deepEqual(order.slice(3).toSorted(), ["x:1", "y:1"]);
  }
  assert.deepEqual([...new Set(orders.map(([first]) => first))].sort(), ["a:1", "b:1", "c:1"]);
});

test("servers that came while others were pinged come last in the new order", () => {
  const servers = list("a:1", "b:1");
  servers.learn(news(["a:1", "b:1", "c:1"]));
  servers.reorder(["b:1", "gone:1", "a:1"]);
  assert.deepEqual(servers.addresses(), ["b:1", "a:1", "c:1"]);
});

test("rebalancings are 10 to 15 minutes apart, and further where servers have many nodes", () => {
  const servers = list("a:1", "b:1");
  const waits = Array.from({ length: 100 }, () => inSeconds(servers.nextRebalance()));
  assert.ok(waits.every((wait) => wait >= 600 && wait < 900));
  assert.ok(Math.max(...waits) - Math.min(...waits) > 200);
  servers.learn(news(["a:1", "b:1"], 64 * 2 * 1000));
  assert.equal(inSeconds(servers.nextRebalance()), 1000);
});

test("however many servers an operator or a server names, a thousand are known", () => {
  const many = Array.from({ length: 3000 }, (_, n) => `host-${n}`);
  const servers = list(...many);
  assert.equal(servers.addresses().length, 1000);
  servers.learn(news(many.map((host) => `${host}-new`)));
  assert.equal(servers.addresses().length, 1000);
});
