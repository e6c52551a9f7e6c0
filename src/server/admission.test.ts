import assert from "node:assert/strict";
import { test } from "node:test";
import { maySpeakRaft } from "./admission.ts";
import type { KnownServer } from "./membership/known-servers.ts";

const member = (id: string, address: string) => ({ id, address, voter: true });
const server = (id: string, rpcAddress: string): KnownServer => {
  return { name: id, id, region: "global", datacenter: "dc1", rpcAddress, status: "alive", expect: 0 };
};
const members = [member("a", "10.0.0.1:4647"), member("b", "10.0.0.2:4647")];
const speaks = (from: string, remoteAddress: string, alive: readonly KnownServer[] = [], known = members) =>
  maySpeakRaft({ from, remoteAddress, members: known }, alive);

test("T7: a server of the configuration speaks Raft, and one that joins, which only gossip knows", () => {
  const alive = [server("c", "10.0.0.3:4647")];
  assert.equal(speaks("b", "10.0.0.2:50123", alive), true);
  assert.equal(speaks("c", "10.0.0.3:50123", alive), true);
  assert.equal(speaks("c", "[::ffff:10.0.0.3]:50123", alive), true);
});

test("T7: a client, another region's server, and nobody, do not speak Raft", () => {
  assert.equal(speaks("z", "10.0.0.9:50123"), false);
  assert.equal(speaks("", "10.0.0.1:50123"), false);
});

test("T7: the name of a server is not enough for who calls from elsewhere", () => {
  assert.equal(speaks("b", "10.0.0.66:50123"), false);
  assert.equal(speaks("b", "[fd00::66]:5", [], [member("b", "[fd00::2]:4647")]), false);
});

test("T7: a server may call from any address that a server is known by, and one with a host name from any", () => {
  assert.equal(speaks("b", "192.168.0.2:50123", [server("b", "192.168.0.2:4647")]), true);
  assert.equal(speaks("s", "10.0.0.7:50123", [], [member("s", "s1.example:4647")]), true);
});
