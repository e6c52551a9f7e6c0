import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hours, minutes } from "../base/index.ts";
import type { Allocation } from "../model/index.ts";
import { evaluationsDelete } from "./commands/evaluations-delete.ts";
import { evaluationsUpdate } from "./commands/evaluations-update.ts";
import { jobRegister } from "./commands/job-register.ts";
import { nodeRegister } from "./commands/node-register.ts";
import { planResults } from "./commands/plan-results.ts";
import { digest } from "./digest.ts";
import { encodeCommand } from "./log-entry.ts";
import { type Step, steps } from "./random-commands.ts";
import { RecordedReads } from "./read-set.ts";
import { restoreSnapshot } from "./restore-snapshot.ts";
import { aJob, aNode, anAllocation, anEvaluation, ScriptedState } from "./scripted-state.ts";
import { inPieces, recordsOf, slicesOf, snapshotBytes } from "./snapshot-bytes.ts";
import { START } from "./snapshot-format.ts";
import { State } from "./state.ts";
import type { Indexed } from "./table-index.ts";
import { countedBy, indexesOf, tableNames } from "./tables.ts";
import type { StateView, TableName, TableView } from "./view.ts";
import { writeSnapshot } from "./write-snapshot.ts";

/** A state to which a snapshot of `view` was restored. */
async function restored(view: StateView, pieceLength?: number): Promise<State> {
  const state = new State();
  state.replaceWith(await restoreSnapshot(inPieces(await snapshotBytes(view), pieceLength)));
  return state;
}

/** Everything that can be read from a view, by every way. */
function told(view: StateView): unknown {
  return [view.index, view.times.witnesses, ...tableNames.map((name) => [name, ...toldTable(view, name)])];
}

function toldTable<Name extends TableName>(view: StateView, name: Name): readonly unknown[] {
  const table = view[name] as TableView<object, Record<string, string>, string>;
  const rows = [...view[name].all()];
  const listed = placesOf(rows, indexesOf(name)).map(([index, value]) => [index, value, [...table.by(index, value)]]);
  const counted = placesOf(rows, countedBy(name)).map(([index, value]) => [index, value, table.hasAny(index, value)]);
  return [table.lastIndex, table.size, rows, listed, counted];
}

/** Names and values by which any of the rows can be asked for. */
function placesOf(rows: readonly object[], by: Readonly<Record<string, Indexed<never>>>): [string, string][] {
  const places = Object.entries(by).flatMap(([index, indexed]) =>
    rows
      .map((row) => indexed(row as never))
      .filter((value) => value !== undefined)
      .map((value) => JSON.stringify([index, value])),
  );
  return [...new Set(places)].sort().map((place) => JSON.parse(place));
}

const history = fc.array(steps, { maxLength: 40, size: "max" });

function applyStep(state: State, step: Step, index: number, at: number): unknown {
  const { command, request } = step(state.view());
  return state.apply({ index, data: encodeCommand(command, request, { at }) });
}

test("a restored state is the one that was written, and goes on as it does", async () => {
  await fc.assert(
    fc.asyncProperty(history, history, fc.integer({ min: 1, max: 5_000 }), async (taken, later, pieceLength) => {
      const state = new State();
      for (const [i, step] of taken.entries()) applyStep(state, step, i + 1, i * minutes(3));
      const copy = await restored(state.view(), pieceLength);
      assert.deepEqual(told(copy.view()), told(state.view()));
      assert.equal(digest(copy.view()), digest(state.view()));
      for (const [i, step] of later.entries()) {
        const index = taken.length + i + 1;
        const at = index * minutes(3);
        assert.deepEqual(applyStep(copy, step, index, at), applyStep(state, step, index, at));
        assert.equal(digest(copy.view()), digest(state.view()));
      }
      assert.deepEqual(told(copy.view()), told(state.view()));
    }),
    { numRuns: 60 },
  );
});

test("a state of which nothing is known is restored too, and also one that forgot all it knew", async () => {
  const script = new ScriptedState();
  assert.deepEqual(told((await restored(script.view)).view()), told(script.view));
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] });
  script.run(evaluationsDelete, { Evals: ["e1"], Allocs: [] });
  const { view } = { view: (await restored(script.view, 1)).view() };
  assert.deepEqual([view.index, view.evaluations.size, view.evaluations.lastIndex], [2, 0, 2]);
  assert.deepEqual(told(view), told(script.view));
});

test("a view does not move while it is written", async () => {
  const script = new ScriptedState();
  const StatusDescription = "x".repeat(200);
  const Evals = Array.from({ length: 5_000 }, (_, i) => anEvaluation({ ID: `e${i}`, StatusDescription }));
  script.run(evaluationsUpdate, { Evals });
  const written = script.view;
  const before = digest(written);
  const slices: Uint8Array[] = [];
  for await (const slice of writeSnapshot(written)) {
    slices.push(slice);
    script.run(evaluationsDelete, { Evals: Evals.slice(100 * slices.length).map(({ ID }) => ID), Allocs: [] });
  }
  assert.ok(slices.length > 5);
  const contents = await restoreSnapshot(inPieces(Buffer.concat(slices)));
  const state = new State();
  state.replaceWith(contents);
  assert.equal(digest(state.view()), before);
  assert.notEqual(digest(script.view), before);
});

test("slices are bounded by what they hold, and a row that is longer stands alone", async () => {
  const script = new ScriptedState();
  const Description = "x".repeat(1_000_000);
  const rows = Array.from({ length: 300 }, (_, i) =>
    anEvaluation({ ID: `a${i}`, StatusDescription: "y".repeat(1_000) }),
  );
  const long = anEvaluation({ ID: "b", StatusDescription: Description });
  script.run(evaluationsUpdate, { Evals: [...rows, long, anEvaluation({ ID: "c" })] });
  const lengths = (await slicesOf(script.view)).map((slice) => slice.length);
  const longest = Math.max(...lengths);
  assert.ok(longest > 1_000_000 && longest < 1_070_000, `${longest}`);
  assert.ok(
    lengths.filter((length) => length !== longest).every((length) => length < 140_000),
    `${lengths}`,
  );
  assert.equal((await restored(script.view)).view().evaluations.get("b")?.StatusDescription, Description);
});

test("allocations of one job share it again, with the job's own row where they did", async () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob({ Priority: 40 }), Eval: null });
  script.place(anAllocation({ ID: "a1" }), anAllocation({ ID: "a2" }));
  script.run(jobRegister, { Job: aJob({ Priority: 60 }), Eval: null });
  script.place(anAllocation({ ID: "a3" }), anAllocation({ ID: "a4" }));
  const bytes = await snapshotBytes(script.view);
  const state = await restored(script.view);
  const job = (id: string) => state.view().allocations.get(id)?.Job;
  assert.deepEqual([job("a1")?.Priority, job("a3")?.Priority], [40, 60]);
  assert.equal(job("a1"), job("a2"));
  assert.equal(job("a3"), job("a4"));
  assert.equal(job("a3"), state.view().jobs.get("default\u0000web"));
  const longer = [...Array(100)].map((_, i) => anAllocation({ ID: `b${i}` }));
  script.place(...longer);
  const more = await snapshotBytes(script.view);
  const jobLength = recordsOf(bytes)[1]?.length ?? 0;
  assert.ok((more.length - bytes.length) / 100 < jobLength + 600);
});

test("a job that is not in memory twice is not written twice", async () => {
  const script = new ScriptedState();
  const Job = aJob({ ID: "gone", Meta: { marked: "here" } });
  const NodeAllocation = { n1: ["a1", "a2", "a3"].map((ID) => anAllocation({ ID, JobID: "gone" })) };
  script.run(planResults, { Job, EvalID: "", NodeUpdate: {}, NodeAllocation });
  assert.equal((await snapshotBytes(script.view)).toString("latin1").split("marked").length, 2);
  const [a1, a2, a3] = [...(await restored(script.view)).view().allocations.all()] as Allocation[];
  assert.equal(a1?.Job?.ID, "gone");
  assert.equal(a1?.Job, a2?.Job);
  assert.equal(a1?.Job, a3?.Job);
});

test("values come back as they were: keys from outside, many shapes, deep nesting, texts of every kind", async () => {
  const keys = ["__proto__", "constructor", "", "1", "\u0000", "\ud800"];
  const shapes = Array.from({ length: 400 }, (_, i) => ({ [`field${i}`]: i, [`other${i % 70}`]: { [`in${i}`]: [i] } }));
  let deep: unknown = "bottom";
  for (let i = 0; i < 100; i++) deep = i % 2 === 0 ? [deep] : { deep };
  const named = { "00112233-4455-6677-8899-aabbccddeeff": { a: "00112233-4455-6677-8899-aabbccddeeff" } };
  const Config = { shapes, deep, named, again: shapes, large: [2 ** 53 - 1, -(2 ** 53) + 1, 1e300, 0.1, -1, 2 ** 40] };
  const script = new ScriptedState();
  const texts = ["", "é", "🌍".repeat(40), "x".repeat(70_000), "\ud800", "\udc00".repeat(100)];
  for (const [i, text] of texts.entries()) {
    const Meta = Object.fromEntries(keys.map((key) => [key, text]));
    Object.defineProperty(Meta, "__proto__", { value: text, enumerable: true });
    const TaskGroups = [{ Name: "app", Tasks: [{ Name: "main", Config }] }];
    script.run(jobRegister, { Job: aJob({ ID: `job${i}`, Meta, TaskGroups }), Eval: null });
  }
  const state = await restored(script.view, 1_000);
  assert.deepEqual(told(state.view()), told(script.view));
  assert.equal(digest(state.view()), digest(script.view));
  const job = state.view().jobs.get("default\u0000job1");
  assert.equal(Object.getPrototypeOf(job?.Meta), null);
  assert.equal(job?.Meta.constructor, "é");
});

test("the time table is restored, with times that no integer holds exactly", async () => {
  const script = new ScriptedState();
  const start = 1_795_342_749.25;
  for (let i = 0; i < 900; i++) script.run(evaluationsUpdate, { Evals: [anEvaluation()] }, start + i * 300);
  const view = (await restored(script.view)).view();
  for (let hour = -1; hour < 80; hour++) {
    const at = start * 1e9 + hours(hour);
    assert.equal(view.indexAt(at), script.view.indexAt(at));
  }
});

test("a state that is replaced shows the new rows, wakes everyone who waits once, and leaves held views alone", async () => {
  const other = new ScriptedState();
  other.run(nodeRegister, { Node: aNode({ ID: "n2" }), Evals: [] });
  const contents = await restoreSnapshot(inPieces(await snapshotBytes(other.view)));
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] });
  const held = script.view;
  const heldDigest = digest(held);
  let woken = 0;
  const seen: string[] = [];
  const waits: ((view: StateView) => unknown)[] = [
    (view) => view.nodes.get("n1"),
    (view) => [view.nodes.get("n7"), view.jobs.size, [...view.allocations.withPrefix("a")]],
    (view) => [...view.evaluations.by("job", "default\u0000web")],
  ];
  for (const read of waits) {
    const reads = new RecordedReads();
    read(script.view.noting(reads));
    script.state.watch(reads, () => {
      woken += 1;
      seen.push([...script.view.nodes.all()].map(({ ID }) => ID).join());
    });
  }
  const reads = new RecordedReads();
  script.view.noting(reads).nodes.get("n1");
  script.state.watch(reads, () => assert.fail("who stopped waiting is not called"))();
  script.state.replaceWith(contents);
  assert.equal(woken, 3);
  assert.deepEqual(seen, ["n2", "n2", "n2"]);
  script.state.replaceWith(contents);
  assert.equal(woken, 3);
  assert.equal(digest(script.view), digest(other.view));
  assert.equal(digest(held), heldDigest);
  assert.deepEqual([held.index, script.view.index], [2, 1]);
});

test("what is restored may be restored again: writing to a state does not touch it", async () => {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  const before = digest(script.view);
  const contents = await restoreSnapshot(inPieces(await snapshotBytes(script.view)));
  const [one, other] = [new State(), new State()];
  one.replaceWith(contents);
  const data = encodeCommand(nodeRegister, { Node: aNode({ ID: "n2" }), Evals: [] }, { at: 0 });
  one.apply({ index: 2, data });
  other.replaceWith(contents);
  assert.equal(digest(other.view()), before);
});

test("a restored state is written in the same bytes", async () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: anEvaluation() });
  script.place(anAllocation({ ID: "a1" }), anAllocation({ ID: "a2" }));
  const bytes = await snapshotBytes(script.view);
  assert.deepEqual(await snapshotBytes((await restored(script.view)).view()), bytes);
});

test("a snapshot begins with its name and version", async () => {
  const bytes = await snapshotBytes(new State().view());
  assert.equal(bytes.subarray(0, START.length).toString("latin1"), "NOMADSTATE\u0001");
  assert.equal(bytes.readUInt32BE(11), bytes.length - 19);
});
