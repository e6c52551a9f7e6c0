import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, seconds } from "../base/index.ts";
import { ManualClock, MemoryDisk, settled } from "../runtime/index.ts";
import { LeadershipLost, NotLeader, RestoreUnderWay } from "./errors.ts";
import { FileSnapshotStore } from "./file-snapshot-store.ts";
import { bytes, HostHarness, type TestHost } from "./host-harness.ts";
import { MemoryLogStore } from "./memory-log-store.ts";
import type { SnapshotPolicy } from "./snapshot-store.ts";
import type { Command } from "./state-machine.ts";

/** Snapshots are due all the time, and leave nothing of the log: what they may not cut is seen to be missed. */
const policy: SnapshotPolicy = {
  afterEntries: 2,
  afterBytes: 1e9,
  leastDistance: milliseconds(0),
  trailingEntries: 0,
  trailingBytes: 1e9,
};

/** Keeps a list of lines; a replacement waits until it is let through. */
class Lines {
  lines: string[] = [];
  replacedAt: number | undefined;
  held: Promise<void> | undefined;

  apply({ data }: Command): number {
    return this.lines.push(String(Buffer.from(data)));
  }

  async *snapshot(): AsyncIterable<Uint8Array> {
    yield Buffer.from(this.lines.map((line) => `${line}\n`).join(""));
  }

  async restore(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece);
    await this.held;
    this.lines = Buffer.concat(parts).toString().split("\n").slice(0, -1);
  }

  async replace(parts: AsyncIterable<Uint8Array>, index: number): Promise<void> {
    await this.restore(parts);
    this.replacedAt = index;
  }
}

interface Server extends TestHost {
  readonly state: Lines;
}

/** What a server keeps when it is restarted. */
class Machine {
  readonly #store = new MemoryLogStore();
  readonly #disk = new MemoryDisk(new ManualClock());

  async open(harness: HostHarness, id: string, servers: readonly string[]): Promise<Server> {
    await this.#disk.makeDirectory("/snapshots");
    const state = new Lines();
    const snapshots = { store: new FileSnapshotStore(this.#disk, "/snapshots"), state, policy };
    const parts = { store: this.#store, stateMachine: state, snapshots };
    return { ...(await harness.open(id, servers, { parts })), state };
  }
}

const names = ["a", "b", "c"];

async function three() {
  const harness = new HostHarness();
  const machines = new Map(names.map((id) => [id, new Machine()]));
  const open = (id: string) => machines.get(id)!.open(harness, id, names);
  const all = await Promise.all(names.map(open));
  await harness.clock.advance(seconds(3));
  const leader = all.find(({ host }) => host.role.kind === "leader")!;
  return { harness, open, all, leader, followers: all.filter((server) => server !== leader) };
}

async function* parts(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield bytes(text);
}

async function alone(): Promise<{ harness: HostHarness; machine: Machine; server: Server }> {
  const harness = new HostHarness();
  const machine = new Machine();
  const server = await machine.open(harness, "a", ["a"]);
  await harness.clock.advance(seconds(3));
  return { harness, machine, server };
}

test("a restored state takes the place of the old one on every server, also on one that was away meanwhile", async () => {
  const { harness, all, leader, followers } = await three();
  const away = followers[0]!;
  await leader.host.propose(bytes("old"));
  await harness.clock.advance(seconds(1));
  harness.cutOff(away.id);
  const index = await leader.host.restore(parts("x\n", "y\n", "z\n"));
  assert.deepEqual([leader.state.lines, leader.state.replacedAt], [["x", "y", "z"], index]);
  await harness.clock.advance(seconds(5));
  assert.deepEqual(away.state.lines, ["old"]);
  harness.reconnect(away.id);
  await harness.clock.advance(seconds(5));
  const newLeader = all.find(({ host }) => host.role.kind === "leader")!;
  await newLeader.host.propose(bytes("new"));
  await harness.clock.advance(seconds(1));
  for (const { state, fatal } of all) assert.deepEqual([state.lines, fatal], [["x", "y", "z", "new"], []]);
});

test("whoever restores a state gives up its leadership, and what was proposed meanwhile is refused", async () => {
  const { harness, leader } = await three();
  const held = Promise.withResolvers<void>();
  leader.state.held = held.promise;
  const roles: string[] = [];
  leader.host.onRole(({ kind }) => roles.push(kind));
  const restoring = leader.host.restore(parts("x\n"));
  await harness.clock.advance(seconds(1));
  assert.deepEqual([leader.state.lines, roles], [[], []]);
  await assert.rejects(leader.host.propose(bytes("decided on the old state")), NotLeader);
  await assert.rejects(leader.host.restore(parts("y\n")), RestoreUnderWay);
  held.resolve();
  await settled();
  await harness.clock.advance(seconds(0));
  await restoring;
  assert.deepEqual([leader.state.lines, roles[0]], [["x"], "follower"]);
});

test("what was proposed between the parts is applied to the old state, and goes with it", async () => {
  const { harness, machine, server } = await alone();
  async function* interrupted(): AsyncIterable<Uint8Array> {
    yield bytes("x\n");
    for (let line = 0; line < 10; line++) await server.host.propose(bytes(`line ${line}`));
    yield bytes("y\n");
  }
  await server.host.restore(interrupted());
  assert.deepEqual(server.state.lines, ["x", "y"]);
  await harness.clock.advance(seconds(3));
  await server.host.close();
  const again = await machine.open(harness, "a", ["a"]);
  await harness.clock.advance(seconds(3));
  assert.deepEqual([again.state.lines, again.fatal], [["x", "y"], []]);
});

test("no snapshot cuts the parts away before their end, and the first one after it leaves nothing of them", async () => {
  const { harness, server } = await alone();
  let seen = 0;
  async function* watched(): AsyncIterable<Uint8Array> {
    for (let part = 0; part < 8; part++) {
      yield bytes(`${part}\n`);
      await server.host.takeSnapshot();
      seen = Math.max(seen, server.host.stats().last_snapshot_index);
    }
  }
  const before = server.host.stats().last_log_index;
  const end = await server.host.restore(watched());
  await harness.clock.advance(seconds(3));
  assert.ok(seen <= before, `a snapshot at ${seen}, parts from ${before + 1} on`);
  assert.ok(server.host.stats().last_snapshot_index >= end);
  assert.equal(server.state.lines.length, 8);
});

test("a restore that ends in the middle changes nothing, and the log is cut again after it", async () => {
  const { harness, server } = await alone();
  await server.host.propose(bytes("old"));
  async function* broken(): AsyncIterable<Uint8Array> {
    yield bytes("x\n");
    throw new Error("the upload broke");
  }
  await assert.rejects(server.host.restore(broken()), /the upload broke/);
  assert.equal(server.host.role.kind, "follower");
  await harness.clock.advance(seconds(3));
  assert.equal(server.host.role.kind, "leader");
  for (let line = 0; line < 5; line++) await server.host.propose(bytes(`line ${line}`));
  await settled();
  assert.deepEqual([server.state.lines.length, server.state.lines[0], server.fatal], [6, "old", []]);
  assert.ok(server.host.stats().last_snapshot_index > 4);
});

test("a leader that is cut off in the middle of a restore restores nothing", async () => {
  const { harness, all, leader } = await three();
  await leader.host.propose(bytes("old"));
  async function* cut(): AsyncIterable<Uint8Array> {
    yield bytes("x\n");
    harness.cutOff(leader.id);
    yield bytes("y\n");
  }
  const restoring = assert.rejects(leader.host.restore(cut()), LeadershipLost);
  await harness.clock.advance(seconds(5));
  await restoring;
  harness.reconnect(leader.id);
  await harness.clock.advance(seconds(5));
  for (const { state, fatal } of all) assert.deepEqual([state.lines, fatal], [["old"], []]);
});

test("a state that nobody can read stops the server, as an entry that nobody can apply does", async () => {
  const { harness, server } = await alone();
  server.state.replace = () => Promise.reject(new Error("no such table"));
  const restoring = server.host.restore(parts("x\n"));
  await assert.rejects(restoring, /Cannot restore the state that entry \d+ of the log ends: no such table/);
  await harness.clock.advance(seconds(1));
  assert.equal(server.fatal.length, 1);
});

test("a server that starts again with the parts and their end in its log restores once more", async () => {
  const { harness, open, all, leader } = await three();
  await leader.host.restore(parts("x\n", "y\n"));
  await Promise.all(all.map(({ host }) => host.close()));
  const again = await Promise.all(names.map(open));
  await harness.clock.advance(seconds(5));
  for (const { state, fatal } of again) assert.deepEqual([state.lines, fatal], [["x", "y"], []]);
});
