import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import { ManualClock } from "../runtime/index.ts";
import { type Founding, foundCluster, foundersAmong } from "./found-cluster.ts";
import type { KnownServer } from "./membership/known-servers.ts";
import { serverConfig } from "./testing/test-world.ts";

function server(number: number, fields: Partial<KnownServer> = {}): KnownServer {
  return {
    name: `s${number}.global`,
    id: `id-${number}`,
    region: "global",
    datacenter: "dc1",
    rpcAddress: `10.0.0.${number}:4647`,
    status: "alive",
    expect: 3,
    ...fields,
  };
}

function founding(fields: Partial<Founding> & { readonly expect: number }): Founding {
  const { expect, ...rest } = fields;
  return {
    config: { ...serverConfig, rpcAddress: "10.0.0.1:4647", bootstrap: false, bootstrapExpect: expect },
    self: { id: "id-1", address: "10.0.0.1:4647", voter: true },
    clock: new ManualClock(),
    servers: () => [],
    serversChanged: () => () => {},
    isMember: () => false,
    peersOf: async () => ({ reply: [] }),
    ...rest,
  };
}

const never = new AbortController().signal;

test("founders are the same servers on each of them, whatever the order in which they came", () => {
  const config = { region: "global", bootstrapExpect: 3 };
  const three = [server(3), server(1), server(2)];
  const names = foundersAmong(three, config)?.map(({ name }) => name);
  assert.deepEqual(names, ["s1.global", "s2.global", "s3.global"]);
  assert.deepEqual(
    foundersAmong(three.toReversed(), config)?.map(({ name }) => name),
    names,
  );
});

test("servers that are gone, of another region, or that expect another number do not count", () => {
  const config = { region: "global", bootstrapExpect: 3 };
  const others = [
    server(3, { status: "failed" }),
    server(4, { region: "eu" }),
    server(5, { expect: 5 }),
    server(6, { expect: 0 }),
  ];
  assert.equal(foundersAmong([server(1), server(2), ...others], config), undefined);
});

test("a server that is to be alone founds at once; one that expects nobody waits to be added", async () => {
  const alone = await foundCluster(founding({ expect: 1 }), never);
  assert.deepEqual(alone, [{ id: "id-1", address: "10.0.0.1:4647", voter: true }]);
  assert.equal(await foundCluster(founding({ expect: 0 }), never), undefined);
});

test("a server that has been part of a cluster founds none", async () => {
  assert.equal(await foundCluster(founding({ expect: 1, isMember: () => true }), never), undefined);
});

test("three servers found a cluster once they know each other", async () => {
  const clock = new ManualClock();
  let known = [server(1), server(2)];
  const founded = foundCluster(founding({ expect: 3, clock, servers: () => known }), never);
  await clock.advance(seconds(5));
  known = [...known, server(3)];
  await clock.advance(seconds(2));
  assert.deepEqual(
    (await founded)?.map(({ id, address }) => `${id} at ${address}`),
    ["id-1 at 10.0.0.1:4647", "id-2 at 10.0.0.2:4647", "id-3 at 10.0.0.3:4647"],
  );
});

test("where there is a cluster already, a newcomer founds no second one", async () => {
  const peersOf = async (address: string) => ({ reply: address.startsWith("10.0.0.3") ? ["10.0.0.3:4647"] : [] });
  const known = [server(1), server(2), server(3)];
  assert.equal(await foundCluster(founding({ expect: 3, servers: () => known, peersOf }), never), undefined);
});

test("while a server does not answer none is founded: there may be a cluster that only it knows of", async () => {
  const clock = new ManualClock();
  const known = [server(1), server(2), server(3)];
  let answers = false;
  const peersOf = async () => {
    if (!answers) throw new Error("no answer");
    return { reply: [] };
  };
  let founders: readonly unknown[] | undefined;
  const founded = foundCluster(founding({ expect: 3, clock, servers: () => known, peersOf }), never);
  void founded.then((found) => {
    founders = found;
  });
  await clock.advance(seconds(10));
  assert.equal(founders, undefined);
  answers = true;
  await clock.advance(seconds(2));
  assert.equal((await founded)?.length, 3);
});

test("waiting ends with the signal", async () => {
  const ended = new AbortController();
  const waiting = foundCluster(founding({ expect: 3 }), ended.signal);
  ended.abort();
  assert.equal(await waiting, undefined);
});
