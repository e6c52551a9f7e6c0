import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, milliseconds, minutes, seconds } from "../base/index.ts";
import { type Clock, ManualClock, MemoryDisk, pause, settled } from "../runtime/index.ts";
import { entrySizeBytes } from "./core/log-entry.ts";
import { LogStoreFull, MembersNotChanged, NotLeader } from "./errors.ts";
import { FileSnapshotStore } from "./file-snapshot-store.ts";
import { addressOf, bytes, HostHarness, type TestHost, voter } from "./host-harness.ts";
import { MemoryLogStore } from "./memory-log-store.ts";
import type { SnapshotPolicy } from "./snapshot-store.ts";
import type { SnapshotParts } from "./snapshotting.ts";
import type { Command } from "./state-machine.ts";

const soon = milliseconds(1);
const policy = {
  afterEntries: 10,
  afterBytes: 1e6,
  leastDistance: milliseconds(0),
  trailingEntries: 2,
  trailingBytes: 1e6,
};

/** A state machine that keeps every command, one a line; its snapshot is what it keeps. */
class Lines {
  lines: string[] = [];

  apply({ data }: Command): number {
    return this.lines.push(String(Buffer.from(data)));
  }

  async *snapshot(): AsyncIterable<Uint8Array> {
    for (const line of [...this.lines]) yield Buffer.from(`${line}\n`);
  }

  replace(parts: AsyncIterable<Uint8Array>): Promise<void> {
    return this.restore(parts);
  }

  async restore(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece);
    this.lines = Buffer.concat(parts).toString().split("\n").slice(0, -1);
  }
}

/** What a server keeps when it is restarted. */
class Machine {
  readonly store = new MemoryLogStore();
  readonly disk = new MemoryDisk(new ManualClock());
  state = new Lines();

  async parts(of: Partial<SnapshotPolicy> = {}) {
    await this.disk.makeDirectory("/snapshots");
    this.state = new Lines();
    const snapshots: SnapshotParts = {
      store: new FileSnapshotStore(this.disk, "/snapshots"),
      state: this.state,
      policy: { ...policy, ...of },
    };
    return { store: this.store, stateMachine: this.state, snapshots };
  }
}

async function alone(machine: Machine, harness = new HostHarness()): Promise<TestHost> {
  const server = await harness.open("a", ["a"], { parts: await machine.parts() });
  await harness.clock.advance(soon);
  return server;
}

async function writeLines(server: TestHost, count: number): Promise<void> {
  for (let line = 0; line < count; line++) await server.host.propose(bytes(`line ${line}`));
  await settled();
}

test("the log is cut when there is enough for a snapshot, and the figures say so", async () => {
  const machine = new Machine();
  const server = await alone(machine);
  const { host, measured } = server;
  await writeLines(server, 25);
  const stats = host.stats();
  assert.equal(stats.last_snapshot_index >= 10 && stats.last_snapshot_term === 1, true);
  const { base, entries } = await machine.store.load();
  assert.equal(base!.index, stats.last_snapshot_index - policy.trailingEntries);
  assert.equal(entries.at(-1)?.index, stats.last_log_index);
  const timers = ["raft.snapshot.takeSnapshot", "raft.snapshot.persist", "raft.fsm.snapshot", "raft.compactLogs"];
  assert.deepEqual(
    timers.map((timer) => measured.get(timer)?.length),
    [1, 1, 1, 1],
  );
});

test("a large state is written again only when there is much new to write", async () => {
  const machine = new Machine();
  const { host } = await alone(machine);
  machine.state.lines = ["a".repeat(1000)];
  const taken: number[] = [];
  for (let line = 0; line < 100; line++) {
    await writeLines({ host } as TestHost, 1);
    const { last_snapshot_index: index } = host.stats();
    if (index !== (taken.at(-1) ?? 0)) taken.push(index);
  }

  const [first = 0, second = 0] = taken;
  const writtenBetween = (second - first) * (await sizeOfEntry(machine));
  assert.equal(first <= 12, true, `the first was taken at ${first}`);
  assert.equal(writtenBetween >= 500, true, `the second came after ${writtenBetween} bytes, of a state of 1000`);
});

async function sizeOfEntry(machine: Machine): Promise<number> {
  const { entries } = await machine.store.load();
  return entrySizeBytes(entries.at(-1)!);
}

test("under load snapshots keep a distance, unless the log has become too large", async () => {
  const harness = new HostHarness();
  const machine = new Machine();
  const policyOfLoad = { leastDistance: minutes(2), afterBytes: 10_000 };
  const server = await harness.open("a", ["a"], { parts: await machine.parts(policyOfLoad) });
  await harness.clock.advance(soon);
  const taken = () => server.host.stats().last_snapshot_index;
  await writeLines(server, 20);
  const first = taken();
  assert.ok(first >= 10, `the first does not wait: ${first}`);
  await writeLines(server, 50);
  assert.equal(taken(), first);
  await server.host.propose(Buffer.alloc(10_000));
  for (let turn = 0; turn < 100; turn++) await settled();
  const second = taken();
  assert.ok(second > first + 50, `the log was large: ${second}`);
  await writeLines(server, 200);
  assert.equal(taken(), second);
  await harness.clock.advance(minutes(2));
  await writeLines(server, 1);
  for (let turn = 0; turn < 300; turn++) await settled();
  assert.ok(taken() > second, `the distance was kept: ${taken()}`);
});

test("a restarted server has its state from the snapshot and the rest from the log", async () => {
  const machine = new Machine();
  const first = await alone(machine);
  await writeLines(first, 25);
  await first.host.close();
  const before = machine.state.lines;
  const second = await alone(machine);
  await second.host.barrier();
  assert.deepEqual(machine.state.lines, before);
  assert.equal(machine.state.lines.length, 25);
});

test("a damaged snapshot does not stop a server whose log goes back to the one before", async () => {
  const machine = new Machine();
  const first = await alone(machine);
  await writeLines(first, 12);
  await first.host.takeSnapshot();
  await first.host.propose(bytes("more"));
  await first.host.takeSnapshot();
  await first.host.close();
  const newest = machine.disk.paths().findLast((path) => path.endsWith(".snapshot"))!;
  await machine.disk.writeAtomically(newest, Buffer.from("spoiled"));
  const second = await alone(machine);
  await second.host.barrier();
  assert.equal(machine.state.lines.length, 13);
  assert.deepEqual(
    second.log.filter((line) => line.startsWith("[WARN]") && line.includes("snapshot")),
    ["[WARN] raft: a snapshot is damaged"],
  );
});

test("a log that needs a snapshot which is gone is not taken for a shorter one", async () => {
  const machine = new Machine();
  const first = await alone(machine);
  await writeLines(first, 25);
  await first.host.close();
  await machine.disk.removeTree("/snapshots");
  await assert.rejects(alone(machine), /the log goes on after entry \d+, but /);
});

test("a snapshot that cannot be written is said, and the log stays whole", async () => {
  const machine = new Machine();
  const server = await alone(machine);
  machine.disk.open = () => Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }));
  await writeLines(server, 12);
  assert.equal(server.host.stats().last_snapshot_index, 0);
  assert.equal((await machine.store.load()).entries[0]?.index, 1);
  assert.equal(server.log.includes("[WARN] raft: cannot write a snapshot, the log stays as it is"), true);
});

async function three(harness: HostHarness) {
  const machines = { a: new Machine(), b: new Machine(), c: new Machine() };
  const servers: TestHost[] = [];
  for (const [id, machine] of Object.entries(machines)) {
    servers.push(await harness.open(id, ["a", "b", "c"], { parts: await machine.parts() }));
  }
  await harness.clock.advance(seconds(2));
  const leader = servers.find(({ host }) => host.role.kind === "leader")!;
  const machineOf = ({ id }: TestHost) => machines[id as keyof typeof machines];
  return { servers, leader, followers: servers.filter((server) => server !== leader), machineOf };
}

test("a server that was away for longer than the log goes back gets the state of the others", async () => {
  const harness = new HostHarness();
  const { leader, followers, machineOf } = await three(harness);
  const [away] = followers as [TestHost, TestHost];
  harness.cutOff(away.id);
  await writeLines(leader, 40);
  await harness.clock.advance(seconds(1));
  harness.reconnect(away.id);
  await harness.clock.advance(seconds(3));
  await leader.host.propose(bytes("last"));
  await harness.clock.advance(seconds(1));
  assert.deepEqual(machineOf(away).state.lines, machineOf(leader).state.lines);
  assert.equal(machineOf(away).state.lines.length, 41);
  assert.equal(away.log.includes("[INFO] raft: restoring a snapshot"), true);
  assert.ok((away.measured.get("raft.fsm.restore")?.length ?? 0) > 0);
  assert.ok((away.measured.get("raft.rpc.installSnapshot")?.length ?? 0) > 0);
  assert.equal(leader.measured.get(`raft.replication.installSnapshot.${addressOf(away.id)}`)?.length, 1);
  assert.deepEqual([...away.fatal, ...leader.fatal], []);
});

test("a read sees what was committed before it, on the leader only", async () => {
  const harness = new HostHarness();
  const { leader, followers } = await three(harness);
  const { index } = await leader.host.propose(bytes("x"));
  assert.equal((await leader.host.readIndex()) >= index, true);
  await assert.rejects(followers[0]!.host.readIndex(), { name: "NotLeader", leader: addressOf(leader.id) });
  assert.deepEqual(leader.measured.get("raft.verify_leader"), [1]);
  assert.equal(followers[0]!.measured.has("raft.verify_leader"), false);
});

test("a leader that has lost its followers answers no read, and says so once it has noticed", async () => {
  const harness = new HostHarness();
  const { leader } = await three(harness);
  harness.cutOff(leader.id);
  const read = assert.rejects(leader.host.readIndex(), NotLeader);
  await harness.clock.advance(seconds(1));
  await read;
});

test("a newcomer votes only when it has what is committed", async () => {
  const harness = new HostHarness();
  const { leader } = await three(harness);
  await writeLines(leader, 30);
  const machine = new Machine();
  harness.cutOff("d");
  const newcomer = await harness.open("d", ["a", "b", "c"], {
    parts: await machine.parts(),
    options: { bootstrap: [] },
  });
  const added = leader.host.addVoter(voter("d"), new AbortController().signal);
  await harness.clock.advance(seconds(1));
  const isVoter = () => leader.host.members.find(({ id }) => id === "d")?.voter;
  assert.equal(isVoter(), false);
  harness.reconnect("d");
  await harness.clock.advance(seconds(2));
  await added;
  assert.equal(isVoter(), true);
  assert.equal(machine.state.lines.length, 30);
  assert.deepEqual(newcomer.fatal, []);
  await leader.host.removeServer("d");
  assert.equal(isVoter(), undefined);
});

/** A log store of which every write takes its time. */
class SlowLogStore extends MemoryLogStore {
  readonly #clock: Clock;
  readonly #takes: Duration;

  constructor(clock: Clock, takes: Duration) {
    super();
    this.#clock = clock;
    this.#takes = takes;
  }

  override async write(batches: Parameters<MemoryLogStore["write"]>[0]): Promise<void> {
    await pause(this.#clock, this.#takes, new AbortController().signal);
    await super.write(batches);
  }
}

/** Adds a newcomer whose disk takes so long to three servers that write every twenty milliseconds; what becomes of it. */
async function addedUnderLoad(disk: Duration): Promise<unknown> {
  const harness = new HostHarness();
  const { leader } = await three(harness);
  await harness.open("d", ["a", "b", "c"], {
    parts: { store: new SlowLogStore(harness.clock, disk) },
    options: { bootstrap: [] },
  });
  let outcome: unknown;
  leader.host.addVoter(voter("d"), new AbortController().signal).then(
    () => {
      outcome = "votes";
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  for (let written = 0; outcome === undefined && written < 1_000; written++) {
    const done = leader.host.propose(bytes(String(written)));
    await harness.clock.advance(milliseconds(20));
    await done;
  }
  return outcome;
}

test("a newcomer with a slow disk comes to vote while others write on and on, though it never has all", async () => {
  assert.equal(await addedUnderLoad(milliseconds(200)), "votes");
});

test("a newcomer that is too slow for the log is given up after ten rounds", async () => {
  const outcome = await addedUnderLoad(milliseconds(800));
  assert.ok(outcome instanceof MembersNotChanged && /does not keep up/.test(outcome.message), String(outcome));
});

test("adding a server that never comes up can be given up", async () => {
  const harness = new HostHarness();
  const { leader } = await three(harness);
  const patience = new AbortController();
  const added = assert.rejects(leader.host.addVoter(voter("d"), patience.signal), /too slow/);
  await harness.clock.advance(seconds(1));
  patience.abort(new Error("too slow"));
  await added;
  assert.equal(leader.host.role.kind, "leader");
});

/** A log store whose disk has no room while the test says so. */
class FillableLogStore extends MemoryLogStore {
  isFull = false;

  override async write(batches: Parameters<MemoryLogStore["write"]>[0]): Promise<void> {
    if (this.isFull) throw new LogStoreFull('"/raft.db"', "database or disk is full");
    await super.write(batches);
  }
}

test("a server alone on a full disk leads on, refuses writes and says why, and goes on within a second of room", async () => {
  const harness = new HostHarness();
  const store = new FillableLogStore();
  const { host, fatal, applied } = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  await host.propose(bytes("before"));
  store.isFull = true;
  await assert.rejects(host.propose(bytes("meanwhile")), LogStoreFull);
  await assert.rejects(host.propose(bytes("refused")), /"\/raft\.db".*database or disk is full/);
  await harness.clock.advance(seconds(10));
  assert.equal(host.role.kind, "leader");
  assert.equal(await host.readIndex(), 2);
  store.isFull = false;
  await harness.clock.advance(seconds(1));
  await host.propose(bytes("after"));
  assert.deepEqual(
    applied.map(({ data }) => String(data)),
    ["before", "meanwhile", "after"],
  );
  assert.deepEqual(fatal, []);
});

test("a leader whose disk is full hands over to a server that has room, and follows it", async () => {
  const harness = new HostHarness();
  const store = new FillableLogStore();
  const ids = ["a", "b", "c"];
  const servers = await Promise.all(ids.map((id) => harness.open(id, ids, { parts: id === "a" ? { store } : {} })));
  const [a] = servers as [TestHost, TestHost, TestHost];
  await harness.clock.advance(seconds(2));
  const first = servers.find(({ host }) => host.role.kind === "leader")!;
  if (first !== a) first.host.transferLeadership("a");
  await harness.clock.advance(seconds(1));
  assert.equal(a.host.role.kind, "leader");
  store.isFull = true;
  await assert.rejects(a.host.propose(bytes("x")), LogStoreFull);
  await harness.clock.advance(seconds(1));
  const next = servers.find(({ host }) => host.role.kind === "leader")!;
  assert.notEqual(next.id, "a");
  await next.host.propose(bytes("y"));
  store.isFull = false;
  await harness.clock.advance(seconds(2));
  assert.equal(next.host.role.kind, "leader");
  assert.deepEqual(
    a.applied.map(({ data }) => String(data)),
    ["x", "y"],
  );
  for (const { fatal } of servers) assert.deepEqual(fatal, []);
});

test("a leader with room again takes nothing new before it has applied what it had said had failed", async () => {
  const harness = new HostHarness();
  const ids = ["a", "b", "c"];
  const stores = ids.map(() => new FillableLogStore());
  const opening = ids.map((id, place) => harness.open(id, ids, { parts: { store: stores[place]! } }));
  const servers = await Promise.all(opening);
  await harness.clock.advance(seconds(2));
  const leader = servers.find(({ host }) => host.role.kind === "leader")!;
  const isFull = (full: boolean, which = stores) => {
    for (const store of which) store.isFull = full;
  };
  isFull(true);
  await assert.rejects(leader.host.propose(bytes("x")), LogStoreFull);
  await harness.clock.advance(seconds(1));
  const told = () => leader.applied.map(({ data }) => String(data));

  isFull(
    false,
    stores.filter((_, place) => ids[place] === leader.id),
  );
  await harness.clock.advance(seconds(2));
  assert.equal(leader.host.role.kind, "leader");
  assert.deepEqual(told(), []);
  const fate = leader.host.propose(bytes("y")).catch((error: Error) => error.name);
  const isOpen = settled().then(() => "is open");
  assert.equal(await Promise.race([fate, isOpen]), "LogStoreFull", "who has looked at the state does not know of x");
  isFull(false);
  await harness.clock.advance(seconds(2));
  assert.deepEqual(told(), ["x"]);
  const proposed = leader.host.propose(bytes("z"));
  await harness.clock.advance(soon);
  await proposed;
  assert.deepEqual(told(), ["x", "z"]);
});

test("a server on a full disk can be closed", async () => {
  const harness = new HostHarness();
  const store = new FillableLogStore();
  const { host } = await harness.open("a", ["a"], { parts: { store } });
  await harness.clock.advance(soon);
  store.isFull = true;
  await assert.rejects(host.propose(bytes("x")), LogStoreFull);
  await host.close();
  assert.equal(harness.clock.waiting, 0);
});
