import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../base/index.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { type LeftRun, LeftRuns, runName } from "./left-runs.ts";
import { takeUp } from "./take-up.ts";
import { newTaskRecord, type TaskRecord } from "./task-record.ts";

const random = new SeededRandom("runs");
const tasks = [
  { Name: "web", Driver: "exec" },
  { Name: "x".repeat(200), Driver: "raw_exec" },
];
const drivers = ["exec", "raw_exec", "docker"];
const dead = { ...newTaskRecord().state, State: "dead" };

/** Runs as they are found in directories of these names. */
async function found(...names: readonly string[]): Promise<readonly LeftRun[]> {
  const { disk } = fakeRuntime();
  for (const name of names) await disk.makeDirectory(`/s/a/${name}`);
  return (await LeftRuns.find(disk, "/s")).claim("a");
}

function recordWith(directory: string, fields: Partial<TaskRecord> = {}): TaskRecord {
  return { ...newTaskRecord(), run: { driver: "exec", directory, handle: null, hasEnded: false }, ...fields };
}

function upWith(stored: Readonly<Record<string, TaskRecord>>, left: readonly LeftRun[], hasLost = false) {
  const states = { web: dead };
  const { records, strays } = takeUp(new Map(Object.entries(stored)), left, { tasks, states, drivers, hasLost });
  return { records: Object.fromEntries(records), strays: strays.map(({ directory }) => directory) };
}

test("a run's directory says whose it is and by which driver, in few letters, however long the names are", async () => {
  for (const { Name, Driver } of tasks) {
    const name = runName(Name, Driver, random);
    assert.ok(name.length <= 24, name);
    const [run] = await found(name);
    assert.deepEqual(
      tasks.map((task) => run?.isOf(task.Name)),
      tasks.map((task) => task.Name === Name),
    );
    assert.deepEqual(
      drivers.filter((driver) => run?.isBy(driver)),
      [Driver],
    );
  }
});

test("the recorded run is gone on with, and one beside it is a stray", async () => {
  const [own, other] = [runName("web", "exec", random), runName("web", "exec", random)];
  const record = recordWith(`/s/a/${own}`);
  const taken = upWith({ web: record }, await found(own, other));
  assert.deepEqual(taken, { records: { web: record }, strays: [`/s/a/${other}`] });
});

test("a record of a run that is gone goes on with the run that is there: it is of before the disk failed", async () => {
  const name = runName("web", "raw_exec", random);
  const taken = upWith({ web: recordWith("/s/a/gone", { isOver: true }) }, await found(name));
  const run = { driver: "raw_exec", directory: `/s/a/${name}`, handle: null, hasEnded: false };
  assert.deepEqual(taken, { records: { web: { ...newTaskRecord(), run } }, strays: [] });
});

test("a run without a record goes on with the story that the servers know", async () => {
  const name = runName("web", "exec", random);
  const { records } = upWith({}, await found(name), true);
  assert.deepEqual([records.web?.run?.directory, records.web?.state], [`/s/a/${name}`, dead]);
});

test("a record without a directory is left to its driver, who may know more", async () => {
  const record = recordWith("/s/a/elsewhere");
  assert.deepEqual(upWith({ web: record }, []), { records: { web: record }, strays: [] });
});

test("runs of tasks that the group has not are strays", async () => {
  const name = runName("removed", "exec", random);
  assert.deepEqual(upWith({}, await found(name)).strays, [`/s/a/${name}`]);
});

test("what the servers know as dead is over only where records were lost", () => {
  assert.deepEqual(upWith({}, [], true).records, { web: { ...newTaskRecord(dead), isOver: true } });
  assert.deepEqual(upWith({}, [], false).records, {});
});

test("runs can be claimed once", async () => {
  const { disk } = fakeRuntime();
  await disk.makeDirectory(`/s/a/${runName("web", "exec", random)}`);
  await disk.makeDirectory(`/s/b/${runName("web", "exec", random)}`);
  const left = await LeftRuns.find(disk, "/s");
  assert.equal(left.claim("a").length, 1);
  assert.equal(left.claim("a").length, 0);
  assert.deepEqual([...left.claimAll().keys()], ["b"]);
  assert.equal(left.claimAll().size, 0);
  assert.equal((await LeftRuns.find(disk, "/nowhere")).claimAll().size, 0);
});
