import assert from "node:assert/strict";
import { test } from "node:test";
import { serverObjection, serverOf } from "./known-servers.ts";

const tags = { role: "nomad", region: "eu", dc: "dc2", port: "4647", expect: "3" };

test("a member with a server's tags is one, reached at its gossip address and the port it names", () => {
  assert.deepEqual(serverOf({ Name: "s1.eu", Addr: "10.0.0.1", Status: "alive", Tags: tags }), {
    name: "s1.eu",
    id: "10.0.0.1:4647",
    region: "eu",
    datacenter: "dc2",
    rpcAddress: "10.0.0.1:4647",
    status: "alive",
    expect: 3,
  });
});

test("the name that a server has in Raft is in its tags, where it has one", () => {
  const known = { Name: "s1.eu", Addr: "10.0.0.1", Status: "alive", Tags: { ...tags, id: "5f0a" } };
  assert.equal(serverOf(known)?.id, "5f0a");
});

test("an IPv6 address stands in brackets", () => {
  assert.equal(serverOf({ Name: "s", Addr: "fd00::1", Status: "alive", Tags: tags })?.rpcAddress, "[fd00::1]:4647");
});

test("a member of another kind is no server", () => {
  assert.equal(serverOf({ Name: "s", Addr: "10.0.0.1", Status: "alive", Tags: { role: "web" } }), undefined);
});

test("only servers may be members: role, port and version must be there, and what is expected a number", () => {
  const of = (changed: Readonly<Record<string, string | undefined>>) => {
    const said = Object.entries({ ...tags, vsn: "1", ...changed }).filter(([, value]) => value !== undefined);
    return serverObjection({ name: "s.global", tags: Object.fromEntries(said) as Record<string, string> });
  };
  assert.equal(of({}), undefined);
  assert.equal(of({ expect: "3" }), undefined);
  for (const changed of [{ role: "web" }, { port: "x" }, { port: undefined }, { vsn: undefined }, { expect: "many" }]) {
    assert.equal(of(changed), "member 's.global' is not a server");
  }
});
