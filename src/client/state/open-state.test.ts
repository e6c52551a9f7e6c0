import assert from "node:assert/strict";
import { test } from "node:test";
import { dictionary, milliseconds, seconds } from "../../base/index.ts";
import type { DatabaseRecord } from "../../runtime/index.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { someAllocation } from "../testing/makers.ts";
import { type ClientState, stateLayout } from "./client-state.ts";
import { openClientState } from "./open-state.ts";
import { newTaskRecord, type TaskRecord } from "./task-record.ts";

const kept = { dev: false };
const path = "/state/state.db";
const allocation = someAllocation({ TaskResources: { web: { CPU: 100 } } });
const report = { ClientStatus: "running", ClientDescription: "", TaskStates: {} };
const fields = dictionary([["supervision", "/r"]]);
const record: TaskRecord = {
  ...newTaskRecord(),
  restarts: { count: 2, intervalStart: 1_000_000_000_000_000_000 },
  run: { driver: "exec", directory: "/r", handle: { driver: "exec", fields }, hasEnded: false },
  restart: { at: 1_000_000_000_000_000_000, delay: 5 },
  artifactsFetched: true,
};

/** What an agent that opens the state now would go on with. */
function storedIn({ stored }: ClientState) {
  return stored.map(({ allocation, tasks, reported }) => ({ id: allocation.ID, tasks: [...tasks], reported }));
}

async function written() {
  const runtime = fakeRuntime();
  const state = await openClientState(runtime, "/state", kept);
  const done = Promise.all([state.putAllocation(allocation), state.putTask(allocation.ID, "web", record)]);
  state.putReported(allocation.ID, report);
  await runtime.clock.advance(seconds(0));
  await done;
  return { runtime, state };
}

async function reopened(runtime: ReturnType<typeof fakeRuntime>): Promise<ClientState> {
  runtime.databases.crash();
  return openClientState(runtime, "/state", kept);
}

test("what was kept is there again, as it was, after the agent was killed; what was removed is not", async () => {
  const { runtime, state } = await written();
  const after = await reopened(runtime);
  assert.deepEqual(after.stored[0]?.allocation, allocation);
  assert.deepEqual(
    storedIn(after).map(({ id, tasks }) => ({ id, tasks })),
    [{ id: allocation.ID, tasks: [["web", record]] }],
  );
  assert.match(after.stored[0]?.reported ?? "", /^[0-9a-f]{64}$/);
  assert.equal(after.hasLost, false);
  after.removeAllocation(allocation.ID);
  await runtime.clock.advance(seconds(0));
  assert.deepEqual(storedIn(await reopened(runtime)), []);
  assert.deepEqual(storedIn(state), [], "the state that was opened first began empty");
});

test("a report is confirmed only of what is kept", async () => {
  const { runtime, state } = await written();
  state.putReported("another", report);
  await runtime.clock.advance(seconds(0));
  assert.deepEqual((await reopened(runtime)).stored.length, 1);
});

test("in dev mode nothing is kept", async () => {
  const runtime = fakeRuntime();
  const state = await openClientState(runtime, "/state", { dev: true });
  await state.putAllocation(allocation);
  assert.equal(await runtime.databases.exists(path), false);
});

test("of many records put at once the first is written at once, and all others together", async () => {
  const runtime = fakeRuntime();
  let writes = 0;
  const open = runtime.databases.open.bind(runtime.databases);
  runtime.databases.open = async (at) => {
    const database = await open(at);
    const write = database.write.bind(database);
    database.write = (changes) => {
      writes += 1;
      return write(changes);
    };
    return database;
  };
  const state = await openClientState(runtime, "/state", kept);
  const all: Promise<void>[] = [];
  for (let i = 0; i < 100; i++) {
    all.push(state.putTask(`a${i}`, "web", record));
    await Promise.resolve();
  }
  await runtime.clock.advance(seconds(0));
  await Promise.all(all);
  assert.equal(writes, 2);
});

test("R26: a database that is damaged is set aside and said, and a new one begun", async () => {
  const { runtime } = await written();
  runtime.databases.damage(path);
  const after = await reopened(runtime);
  assert.deepEqual([storedIn(after), after.hasLost], [[], true]);
  assert.match(runtime.logged.join("\n"), /\[ERR\] client: the state of tasks is damaged and set aside/);
  const done = after.putAllocation(allocation);
  await runtime.clock.advance(seconds(0));
  await done;
  const later = await reopened(runtime);
  assert.deepEqual([later.stored.length, later.hasLost], [1, false]);
});

test("a record that is damaged is left out and said; the others are there", async () => {
  const { runtime } = await written();
  runtime.databases.crash();
  const database = await runtime.databases.open(path);
  const tasks: DatabaseRecord[] = [];
  for await (const records of database.read("tasks")) tasks.push(...records);
  const [task] = tasks as [DatabaseRecord];
  const bent = Uint8Array.from(task.value, (byte, at) => (at === 20 ? byte ^ 1 : byte));
  const change = database.write([{ kind: "put", table: "tasks", records: [{ key: task.key, value: bent }] }]);
  await runtime.clock.advance(seconds(0));
  await change;
  const after = await reopened(runtime);
  assert.deepEqual([after.stored[0]?.allocation.ID, after.stored[0]?.tasks.size], [allocation.ID, 0]);
  assert.equal(after.hasLost, true);
  assert.match(runtime.logged.join("\n"), /a record of the state of tasks is damaged and left out/);
  await runtime.clock.advance(seconds(0));
  assert.equal((await reopened(runtime)).hasLost, false, "it is told of once");
});

test("a second agent with the same directory is refused", async () => {
  const { runtime } = await written();
  await assert.rejects(openClientState(runtime, "/state", kept), /does another agent run with the same data_dir/);
});

test("a full disk holds up nobody, is told once, and what was not kept is, once there is room", async () => {
  const { runtime, state } = await written();
  runtime.databases.failWith("full");
  const put = state.putTask(allocation.ID, "web", newTaskRecord());
  await runtime.clock.advance(milliseconds(1));
  await put;
  await runtime.clock.advance(seconds(10));
  runtime.databases.recover();
  await runtime.clock.advance(seconds(2));
  const said = runtime.logged.filter((line) => line.includes("state of tasks"));
  assert.deepEqual(said, [
    "[ERR] client: the state of tasks cannot be kept for now: the disk is full",
    "[INFO] client: the disk has room again: the state of tasks is kept",
  ]);
  assert.deepEqual((await reopened(runtime)).stored[0]?.tasks.get("web"), newTaskRecord());
});

test("a disk that fails is told once, and holds up nobody from then on", async () => {
  const { runtime, state } = await written();
  runtime.databases.failWith("broken");
  for (let i = 0; i < 3; i++) {
    const put = state.putTask(allocation.ID, "web", newTaskRecord());
    await runtime.clock.advance(seconds(0));
    await put;
  }
  assert.deepEqual(
    runtime.logged.filter((line) => line.startsWith("[ERR]")),
    ["[ERR] client: the state of tasks is not kept any more, tasks go on"],
  );
});

test("all that was put is written before the state is closed", async () => {
  const { runtime, state } = await written();
  void state.putTask(allocation.ID, "web", newTaskRecord());
  const closed = state.close();
  await runtime.clock.advance(seconds(0));
  await closed;
  const after = await openClientState(runtime, "/state", kept);
  assert.deepEqual(after.stored[0]?.tasks.get("web"), newTaskRecord());
});

test("tables have their names and their format for ever", () => {
  assert.deepEqual(stateLayout, { format: 1, tables: ["allocations", "tasks", "reports"] });
});
