import assert from "node:assert/strict";
import { test } from "node:test";
import { serverConfig, testRuntime } from "../testing/test-world.ts";
import { LoneMembership } from "./lone-membership.ts";

function alone(fields: object = {}) {
  const runtime = testRuntime();
  return { membership: new LoneMembership(runtime, { ...serverConfig, ...fields }), logged: runtime.logged };
}

test("a server that is alone is its only member, with the tags that peers read", () => {
  const [self, ...others] = alone().membership.members();
  assert.deepEqual(others, []);
  assert.deepEqual([self?.Name, self?.Addr, self?.Port, self?.Status], ["one.global", "127.0.0.1", 4648, "alive"]);
  const { role, region, dc, vsn, mvn, port, bootstrap } = self?.Tags ?? {};
  assert.deepEqual([role, region, dc, vsn, mvn, port, bootstrap], ["nomad", "global", "dc1", "1", "1", "4647", "1"]);
});

test("an address of IPv6 has no brackets where it stands alone", () => {
  const { membership } = alone({ serfAddress: "[::1]:4648" });
  assert.deepEqual([membership.members()[0]?.Addr, membership.members()[0]?.Port], ["::1", 4648]);
});

test("to join itself succeeds, others cannot be joined, and it is said why", async () => {
  const { membership } = alone();
  assert.deepEqual(await membership.join(["127.0.0.1", "127.0.0.1:4648"]), { joined: 2, error: "" });
  const { joined, error } = await membership.join(["127.0.0.1:4648", "10.0.0.9:4648", "10.0.0.8"]);
  assert.equal(joined, 1);
  assert.match(
    error,
    /^2 error\(s\) occurred:\n\n\* Failed to join 10\.0\.0\.9:4648: .*\n\* Failed to join 10\.0\.0\.8: /,
  );
});

test("it says whether it left before it shut down", async () => {
  const staying = alone();
  staying.membership.close();
  assert.equal(staying.logged.at(-1), "[WARN] serf: Shutdown without a Leave");
  const leaving = alone();
  await leaving.membership.leave();
  leaving.membership.close();
  assert.equal(leaving.logged.at(-1), "[INFO] serf: EventMemberLeave: one.global 127.0.0.1");
});
