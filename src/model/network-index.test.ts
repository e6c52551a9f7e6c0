import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { SeededRandom } from "../base/index.ts";
import { addressesOf } from "./addresses.ts";
import { NetworkIndex, networkIndexOf } from "./network-index.ts";
import { node } from "./node.ts";
import { networkResource } from "./resources.ts";

const machine = node.parse({
  Resources: {
    Networks: [
      { Device: "eth0", CIDR: "10.0.0.1/32", MBits: 100 },
      { Device: "eth1", CIDR: "10.1.0.0/31", MBits: 1000 },
    ],
  },
});
const oneNetwork = node.parse({ Resources: { Networks: [{ Device: "eth0", CIDR: "10.0.0.1/32", MBits: 100 }] } });
const random = () => new SeededRandom("ports");
const ask = (fields: object) => networkResource.parse(fields);

test("an ask is granted on the first device with bandwidth and free ports", () => {
  const index = new NetworkIndex(machine);
  const first = index.assign(ask({ MBits: 60, ReservedPorts: [{ Label: "web", Value: 80 }] }), random());
  assert.ok(first.ok);
  assert.equal(first.network.IP, "10.0.0.1");
  assert.equal(first.network.Device, "eth0");
  assert.equal(first.network.CIDR, "");
  index.reserve(first.network);

  const second = index.assign(ask({ MBits: 60 }), random());
  assert.ok(second.ok);
  assert.equal(second.network.Device, "eth1");
});

test("every address of a device's block is tried", () => {
  const index = new NetworkIndex(machine);
  const wanted = ask({ MBits: 200, ReservedPorts: [{ Label: "web", Value: 80 }] });
  for (const IP of ["10.1.0.0", "10.1.0.1"]) {
    const offer = index.assign(wanted, random());
    assert.ok(offer.ok);
    assert.equal(offer.network.IP, IP);
    index.reserve(offer.network);
  }
  assert.deepEqual(index.assign(wanted, random()), { ok: false, reason: "reserved port collision" });
});

test("a refusal says why", () => {
  const index = new NetworkIndex(oneNetwork);
  index.reserve(ask({ Device: "eth0", IP: "10.0.0.1", MBits: 10, ReservedPorts: [{ Label: "x", Value: 80 }] }));
  const cases: [object, string][] = [
    [{ MBits: 91 }, "bandwidth exceeded"],
    [{ ReservedPorts: [{ Label: "a", Value: 80 }] }, "reserved port collision"],
    [
      {
        ReservedPorts: [
          { Label: "a", Value: 81 },
          { Label: "b", Value: 81 },
        ],
      },
      "reserved port collision",
    ],
    [{ ReservedPorts: [{ Label: "a", Value: 65_536 }] }, "invalid port 65536 (out of range)"],
    [{ ReservedPorts: [{ Label: "a", Value: -1 }] }, "invalid port -1 (out of range)"],
  ];
  for (const [wanted, reason] of cases) assert.deepEqual(index.assign(ask(wanted), random()), { ok: false, reason });
  assert.deepEqual(new NetworkIndex(node.parse({})).assign(ask({}), random()), {
    ok: false,
    reason: "no networks available",
  });
});

test("dynamic ports are all different, in range, and never one that is asked for or taken", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 200 }), (seed, count) => {
      const index = new NetworkIndex(oneNetwork);
      index.reserve(ask({ Device: "eth0", IP: "10.0.0.1", DynamicPorts: [{ Label: "x", Value: 20_000 }] }));
      const DynamicPorts = Array.from({ length: count }, (_, at) => ({ Label: `p${at}` }));
      const offer = index.assign(
        ask({ ReservedPorts: [{ Label: "r", Value: 20_001 }], DynamicPorts }),
        new SeededRandom(seed),
      );
      assert.ok(offer.ok);
      const values = offer.network.DynamicPorts.map((port) => port.Value);
      assert.equal(new Set([20_000, 20_001, ...values]).size, count + 2);
      assert.ok(values.every((value) => value >= 20_000 && value < 60_000));
      index.reserve(offer.network);
      assert.equal(index.hasCollision, false);
    }),
    { numRuns: 50 },
  );
});

test("on a node that is nearly full the last free port is found, and then none", () => {
  const index = new NetworkIndex(oneNetwork);
  const taken = Array.from({ length: 40_001 }, (_, at) => ({ Label: "", Value: 20_000 + at })).filter(
    ({ Value }) => Value !== 31_337,
  );
  index.reserve(ask({ Device: "eth0", IP: "10.0.0.1", ReservedPorts: taken }));
  const offer = index.assign(ask({ DynamicPorts: [{ Label: "http" }] }), random());
  assert.ok(offer.ok);
  assert.deepEqual(
    offer.network.DynamicPorts.map((port) => [port.Label, port.Value]),
    [["http", 31_337]],
  );
  index.reserve(offer.network);
  assert.deepEqual(index.assign(ask({ DynamicPorts: [{ Label: "http" }] }), random()), {
    ok: false,
    reason: "dynamic port selection failed",
  });
});

test("a node that offers more bandwidth than it has is overcommitted", () => {
  const index = networkIndexOf(oneNetwork, []);
  index.reserve(ask({ Device: "eth0", MBits: 100 }));
  assert.equal(index.isOvercommitted, false);
  index.reserve(ask({ Device: "eth0", MBits: 1 }));
  assert.equal(index.isOvercommitted, true);
});

test("a block yields its addresses from the lowest, an unreadable one none, a huge one not too many", () => {
  const cases: [string, string, string[]][] = [
    ["192.168.1.9/30", "", ["192.168.1.8", "192.168.1.9", "192.168.1.10", "192.168.1.11"]],
    ["", "10.0.0.7", ["10.0.0.7"]],
    ["", "", []],
    ["fe80::1/64", "", ["fe80::1"]],
    ["10.0.0/8", "10.0.0.7", []],
    ["10.0.0.1", "10.0.0.7", []],
    ["10.0.0.1/33", "", []],
    ["10.0.0.256/32", "", []],
  ];
  for (const [CIDR, IP, expected] of cases) assert.deepEqual([...addressesOf({ CIDR, IP })], expected);
  assert.equal([...addressesOf({ CIDR: "10.0.0.0/8", IP: "" })].length, 65_536);
});
