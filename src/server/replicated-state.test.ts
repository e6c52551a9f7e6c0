import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, settled } from "../runtime/index.ts";
import { encodeCommand, nodeRegister, State, writeSnapshot } from "../state/index.ts";
import { LoggedState } from "./replicated-state.ts";
import { packedParts } from "./state-parts.ts";
import { aNode, id } from "./testing/makers.ts";

const clock = new ManualClock();
const neverAppended = () => Promise.reject(new Error("nothing is proposed here"));

const registration = (n: number) =>
  encodeCommand(nodeRegister, { Node: aNode({ ID: id(n) }), Evals: [] }, { at: clock.now() });

/** A state that holds one node, and has come to `index`. */
function otherState(index: number): State {
  const state = new State();
  state.apply({ index, data: registration(7) });
  return state;
}

async function replaced(logged: LoggedState, other: State, index: number): Promise<void> {
  const replacing = logged.replace(packedParts(writeSnapshot(other.view())), index);
  for (let turn = 0; turn < 5; turn++) {
    await settled();
    await clock.advance(0 as never);
  }
  await replacing;
}

const nodesOf = (logged: LoggedState): string[] => [...logged.view().nodes.all()].map(({ ID }) => ID);

test("after a restore the index goes on above all that either state has come to, and never falls", async () => {
  const logged = new LoggedState(clock, new State(), neverAppended);
  logged.apply({ index: 3, data: registration(1) });
  await replaced(logged, otherState(500), 5);
  assert.deepEqual([logged.view().index, nodesOf(logged)], [501, [id(7)]]);
  assert.equal(logged.apply({ index: 6, data: registration(2) }).index, 502);
  await replaced(logged, otherState(10), 8);
  assert.deepEqual([logged.view().index, nodesOf(logged)], [504, [id(7)]]);
  assert.equal(logged.view().jobs.lastIndex, 504, "also of what nothing was written to");
});

test("how far the index is ahead of the log's is in the snapshot that takes the log's place", async () => {
  const logged = new LoggedState(clock, new State(), neverAppended);
  await replaced(logged, otherState(500), 5);
  const again = new LoggedState(clock, new State(), neverAppended);
  await again.restore(logged.snapshot());
  assert.equal(again.apply({ index: 6, data: registration(2) }).index, 502);
});

test("whoever observes is told of a restore, and it is counted", async () => {
  const logged = new LoggedState(clock, new State(), neverAppended);
  const told: number[] = [];
  logged.observe(({ index, changes }) => told.push(index, changes.length));
  const before = logged.replacements;
  await replaced(logged, otherState(500), 5);
  assert.deepEqual([told, logged.replacements - before], [[501, 0], 1]);
});

test("parts that cannot be read leave the state as it is", async () => {
  const logged = new LoggedState(clock, new State(), neverAppended);
  logged.apply({ index: 3, data: registration(1) });
  const broken = async function* () {
    yield Buffer.from("no part");
  };
  await assert.rejects(logged.replace(broken(), 5));
  assert.deepEqual([logged.view().index, nodesOf(logged)], [3, [id(1)]]);
});
