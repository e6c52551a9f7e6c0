import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { minutes } from "../base/index.ts";
import { command } from "./command.ts";
import { evaluationsUpdate } from "./commands/evaluations-update.ts";
import { jobRegister } from "./commands/job-register.ts";
import { nodeRegister } from "./commands/node-register.ts";
import { summariesReconcile } from "./commands/summaries-reconcile.ts";
import { digest } from "./digest.ts";
import { encodeCommand, writeCommand } from "./log-entry.ts";
import { groups, growingSteps, steps } from "./random-commands.ts";
import { aJob, aNode, anEvaluation, ScriptedState } from "./scripted-state.ts";
import { State } from "./state.ts";
import { tableNames } from "./tables.ts";
import { jobKey, type StateView } from "./view.ts";

/** All that a view shows, as text. */
function told(view: StateView): string {
  return JSON.stringify(tableNames.map((name) => [name, view[name].lastIndex, [...view[name].all()]]));
}

const history = fc.array(steps, { maxLength: 60, size: "max" });

test("servers that apply the same entries hold the same, and what was supposed is what came", () => {
  fc.assert(
    fc.property(history, (taken) => {
      const [one, other] = [new State(), new State()];
      for (const [i, step] of taken.entries()) {
        const view = one.view();
        const { command, request } = step(view);
        const context = { at: i * minutes(1) };
        const supposed = view.assuming((write) => command.apply(write, request, context));
        // The first has proposed it, and knows what it says.
        const { data, decoded } = writeCommand(command, request, context);
        const applied = one.apply({ index: i + 1, data, decoded });
        const again = other.apply({ index: i + 1, data });
        assert.deepEqual(applied, again);
        assert.equal(digest(one.view()), digest(other.view()));
        assert.equal(digest(one.view()), digest(supposed));
      }
      assert.equal(told(one.view()), told(other.view()));
    }),
    { numRuns: 60 },
  );
});

test("a view shows the same for as long as it is held", () => {
  fc.assert(
    fc.property(history, (taken) => {
      const script = new ScriptedState();
      const held: { readonly view: StateView; readonly text: string }[] = [];
      for (const step of taken) {
        held.push({ view: script.view, text: told(script.view) });
        const { command, request } = step(script.view);
        script.view.assuming((write) => command.apply(write, request, { at: 0 }));
        script.run(command, request);
      }
      for (const { view, text } of held) assert.equal(told(view), text);
    }),
    { numRuns: 40 },
  );
});

test("changes tell everything that came to differ, and nothing else", () => {
  fc.assert(
    fc.property(history, (taken) => {
      const script = new ScriptedState();
      for (const step of taken) {
        const before = script.view;
        const { command, request } = step(before);
        const { changes } = script.run(command, request);
        for (const change of changes) {
          assert.equal(before[change.table].get(change.key), change.before);
          assert.equal(script.view[change.table].get(change.key), change.after);
        }
        for (const name of tableNames) {
          const named = new Set(changes.filter(({ table }) => table === name).map(({ after }) => after));
          for (const row of script.view[name].all()) assert.ok(named.has(row) || [...before[name].all()].includes(row));
        }
      }
    }),
    { numRuns: 25 },
  );
});

test("a job runs while an allocation is not over and is pending while an evaluation is not", () => {
  fc.assert(
    fc.property(history, (taken) => {
      const script = new ScriptedState();
      for (const step of taken) {
        const { command, request } = step(script.view);
        script.run(command, request);
        for (const { Namespace, ID, Status, Periodic } of script.view.jobs.all()) {
          const key = jobKey(Namespace, ID);
          if (script.view.allocations.hasAny("activeJob", key)) assert.equal(Status, "running");
          else if (script.view.evaluations.hasAny("activeJob", key)) assert.equal(Status, "pending");
          else assert.ok(Status !== "running" || Periodic !== null, `${ID} is ${Status}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("summaries count what there is while nothing is purged or collected", () => {
  const lasting = fc.array(growingSteps, { maxLength: 60, size: "max" });
  const living = ["Running", "Starting", "Lost", "Unknown"];
  fc.assert(
    fc.property(lasting, (taken) => {
      const script = new ScriptedState();
      for (const ID of ["web", "api", "cron", "cron/periodic-5"]) {
        script.run(jobRegister, { Job: aJob({ ID, TaskGroups: groups.map((Name) => ({ Name })) }), Eval: null });
      }
      for (const step of taken) {
        const { command, request } = step(script.view);
        script.run(command, request);
      }
      const counted = counts(script.view, living);
      script.run(summariesReconcile, {});
      assert.deepEqual(counted, counts(script.view, living));
    }),
    { numRuns: 60 },
  );
});

function counts(view: StateView, bins: readonly string[]): unknown {
  return [...view.jobSummaries.all()].map(({ JobID, Summary }) => [
    JobID,
    Object.entries(Summary).map(([group, count]) => [group, bins.map((bin) => Reflect.get(count, bin))]),
  ]);
}

test("a view is taken once for each index", () => {
  const script = new ScriptedState();
  assert.equal(script.state.view(), script.state.view());
  const before = script.view;
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  assert.notEqual(script.view, before);
  assert.equal(before.nodes.size, 0);
  assert.equal(script.view.nodes.size, 1);
});

test("a view shares with the one before what was not written since", () => {
  const script = new ScriptedState();
  script.run(jobRegister, { Job: aJob(), Eval: null });
  const before = script.view;
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] });
  assert.equal(script.view.nodes, before.nodes);
  assert.notEqual(script.view.evaluations, before.evaluations);
  assert.deepEqual([before.evaluations.size, script.view.evaluations.size], [0, 1]);
});

test("a supposition is seen by nobody else, and the next may stand on it", () => {
  const script = new ScriptedState();
  const first = script.view.assuming((write) => {
    write.put("nodes", aNode());
    assert.equal(write.nodes.size, 1);
    assert.equal(write.index, 1);
  });
  const second = first.assuming((write) => write.delete("nodes", "n1"));
  assert.deepEqual([script.view.nodes.size, first.nodes.size, second.nodes.size], [0, 1, 0]);
  assert.deepEqual([script.view.index, first.index, second.index], [0, 1, 2]);
});

test("an entry without data changes nothing but the index", () => {
  const script = new ScriptedState();
  const applied = script.state.apply({ index: 3, data: new Uint8Array() });
  assert.deepEqual(applied, { index: 3, result: { ok: true }, changes: [] });
  assert.equal(script.view.index, 3);
});

test("entries apply in order, each once", () => {
  const state = new State();
  state.apply({ index: 3, data: new Uint8Array() });
  assert.throws(() => state.apply({ index: 3, data: new Uint8Array() }), { name: "AssertionFailed" });
  assert.throws(() => state.apply({ index: 2, data: new Uint8Array() }), { name: "AssertionFailed" });
});

test("an entry that cannot be read stops the server before anything is changed", () => {
  const state = new State();
  const data = encodeCommand(command<object>({ number: 99, name: "", apply: () => ({ ok: true }) }), {}, { at: 0 });
  assert.throws(() => state.apply({ index: 1, data }), { name: "UnreadableEntry" });
  assert.equal(state.view().index, 0);
});

test("a view knows which index the log had reached when", () => {
  const script = new ScriptedState();
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] }, 1_000);
  script.run(evaluationsUpdate, { Evals: [anEvaluation()] }, 2_000);
  assert.equal(script.view.indexAt(999e9), 0);
  assert.equal(script.view.indexAt(1_999e9), 1);
  assert.equal(script.view.indexAt(2_000e9), 2);
});

test("an entry with ten thousand evaluations changes ten thousand rows", () => {
  const script = new ScriptedState();
  const Evals = Array.from({ length: 10_000 }, (_, i) => anEvaluation({ ID: `e${i}` }));
  assert.equal(script.run(evaluationsUpdate, { Evals }).changes.length, 10_000);
  assert.equal(script.view.evaluations.size, 10_000);
});
