import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, SeededRandom, seconds } from "../../base/index.ts";
import { ConsulApi, MemoryConsul } from "../../consul/index.ts";
import { logInto, ManualClock } from "../../runtime/index.ts";
import { joinThroughConsul } from "./join-through-consul.ts";

/** A server that looks for others, in a world with one agent of Consul. */
function searching(
  options: { readonly beginsAlone?: boolean; readonly members?: number; readonly leader?: string } = {},
) {
  const { beginsAlone = false, members = 0, leader = "" } = options;
  const clock = new ManualClock();
  const consul = new MemoryConsul();
  const joins: string[][] = [];
  const known = { leader };
  const self = { Addr: "10.0.0.1", Port: 4648 };
  const server = {
    raftMembers: () => Array.from({ length: members }),
    statistics: () => ({ nomad: { leader_addr: known.leader } }),
    membership: {
      members: () => [self],
      join: async (addresses: readonly string[]) => {
        joins.push([...addresses]);
        return { joined: addresses.length, error: "" };
      },
    },
  };
  const register = (Address: string) => {
    const ID = `serf-${Address}`;
    consul.services.set(ID, { ID, Service: "nomad", Tags: ["serf"], Address, Port: 4648, Meta: {} });
  };
  register("10.0.0.1");
  const ending = new AbortController();
  const api = new ConsulApi(clock, consul, { token: "", auth: "", timeout: seconds(5) });
  const world = { clock, random: new SeededRandom("join"), log: logInto(() => {}) };
  const search = { service: "nomad", beginsAlone };
  const running = joinThroughConsul(world, api, server as never, search, ending.signal);
  const end = async () => {
    ending.abort();
    await running;
    assert.equal(clock.waiting, 0);
  };
  return { clock, consul, joins, known, register, end };
}

test("a new server joins the others that Consul knows, as soon as it knows them, and not itself", async () => {
  const { clock, joins, register, end } = searching();
  await clock.advance(seconds(0));
  assert.deepEqual(joins, []);
  register("10.0.0.2");
  register("10.0.0.3");
  await clock.advance(seconds(4));
  assert.deepEqual(joins, [["10.0.0.2:4648", "10.0.0.3:4648"]]);
  await end();
});

test("while a leader is known Consul is not asked", async () => {
  const { clock, consul, end } = searching({ leader: "10.0.0.2:4647" });
  await clock.advance(minutes(10));
  assert.deepEqual(consul.requests, []);
  await end();
});

test("a server that was in a cluster waits 15 s for a leader, and one that begins alone for its own", async () => {
  for (const options of [{ members: 3 }, { beginsAlone: true }]) {
    const { clock, joins, register, known, end } = searching(options);
    register("10.0.0.2");
    await clock.advance(seconds(14));
    assert.deepEqual(joins, []);
    await clock.advance(seconds(2));
    assert.equal(joins.length, 1);
    known.leader = "10.0.0.2:4647";
    await clock.advance(minutes(5));
    known.leader = "";
    await clock.advance(seconds(14));
    assert.equal(joins.length, 1);
    await clock.advance(seconds(3));
    assert.equal(joins.length, 2);
    await end();
  }
});

test("looks in vain become rare, and a Consul that is away or answers nonsense ends nothing", async () => {
  const { clock, consul, joins, register, end } = searching();
  consul.isThere = false;
  await clock.advance(minutes(5));
  consul.isThere = true;
  consul.instead.set("/v1/catalog", { status: 200, body: "nonsense" });
  consul.requests.length = 0;
  await clock.advance(minutes(10));
  assert.ok(consul.requests.length >= 9 && consul.requests.length <= 14, String(consul.requests.length));
  consul.instead.clear();
  register("10.0.0.2");
  await clock.advance(minutes(2));
  assert.ok(joins.length >= 1);
  await end();
});
