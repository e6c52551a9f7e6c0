import assert from "node:assert/strict";
import { test } from "node:test";
import { Packr } from "msgpackr/pack";
import { dictionary } from "../base/index.ts";
import type { Allocation } from "../model/index.ts";
import { command, done } from "./command.ts";
import { planResults } from "./commands/plan-results.ts";
import { draftOf, takeOverTaskStates } from "./kept-allocations.ts";
import { decodeCommand, encodeCommand } from "./log-entry.ts";
import { restoreSnapshot } from "./restore-snapshot.ts";
import { anAllocation, ScriptedState } from "./scripted-state.ts";
import { inPieces, recordsOf, sealedRecords, snapshotBytes } from "./snapshot-bytes.ts";
import { UnreadableSnapshot } from "./snapshot-format.ts";

const anything = command<unknown>({ number: planResults.number, name: "anything", apply: () => done });
const throughLog = (value: unknown): unknown => decodeCommand(encodeCommand(anything, value, { at: 1 })).request;

const full = anAllocation({
  Metrics: {
    NodesEvaluated: 2,
    NodesAvailable: { "dc é": 5 },
    ScoreMetaData: [{ NodeID: "n1", Scores: { binpack: 0.1, constructor: 1 }, NormScore: -0.5 }],
  },
  TaskStates: { server: { State: "running", Events: [{ Type: "Started", Time: 1.7e18, Details: { why: "never" } }] } },
});
const none = dictionary<never>();
const [kept] = throughLog([full]) as [Allocation];

test("an allocation that went through the log looks like any other object", () => {
  assert.deepEqual(kept, full);
  assert.deepEqual(Object.entries(kept), Object.entries(full));
  assert.equal(JSON.stringify(kept), JSON.stringify(full));
  assert.deepEqual({ ...kept, ID: "other" }, { ...full, ID: "other" });
  assert.equal(Object.getPrototypeOf(kept), Object.prototype);
  const named: string[] = [];
  for (const name in kept) named.push(name);
  assert.deepEqual(named, Object.keys(full));
  assert.deepEqual(throughLog([kept, { ...kept }]), [full, full]);
});

test("an allocation of an entry that was written before anything was packed by itself is read", () => {
  const useRecords = ((object: object) => Object.getPrototypeOf(object) !== null) as never;
  const told = new Packr({ useRecords, variableMapSize: true }).pack([planResults.number, 1, [full]]);
  assert.deepEqual(decodeCommand(told).request, [full]);
});

test("a draft is changed by itself, and task states go from one to another", () => {
  const draft = draftOf(kept);
  draft.ClientStatus = "complete";
  draft.Metrics = null;
  draft.TaskStates = none;
  assert.deepEqual(draft, { ...full, ClientStatus: "complete", Metrics: null, TaskStates: none });
  takeOverTaskStates(draft, kept);
  assert.deepEqual(draft.TaskStates, full.TaskStates);
  takeOverTaskStates(draft, anAllocation());
  assert.deepEqual(draft.TaskStates, none);
  assert.deepEqual(kept, full);
  assert.deepEqual(draftOf(full), full);
});

test("what is packed by itself is looked through before a snapshot is taken for whole", async () => {
  const script = new ScriptedState();
  script.place(full);
  const records = recordsOf(await snapshotBytes(script.view));
  const row = records.at(-1) ?? assert.fail();
  const inside = row.indexOf("dc é");
  assert.ok(inside > 0);
  for (const [at, byte] of [
    [inside - 1, 0xc1],
    [inside - 1, 0xbf],
    [inside - 2, 0xdd],
  ] as const) {
    const damaged = Buffer.from(row);
    damaged[at] = byte;
    const restoring = restoreSnapshot(inPieces(sealedRecords([...records.slice(0, -1), damaged])));
    await assert.rejects(restoring, UnreadableSnapshot);
  }
  // A text in the place of what is packed would be taken for it.
  const head = row.indexOf(Buffer.of(0xc9));
  const length = row.readUInt32BE(head + 1);
  const text = Buffer.concat([
    row.subarray(0, head),
    Buffer.from("\u00a3run", "latin1"),
    row.subarray(head + 6 + length),
  ]);
  const restoring = restoreSnapshot(inPieces(sealedRecords([...records.slice(0, -1), text])));
  await assert.rejects(restoring, UnreadableSnapshot);
});
