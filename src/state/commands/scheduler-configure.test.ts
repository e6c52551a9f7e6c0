import assert from "node:assert";
import { test } from "node:test";
import { defaultSchedulerConfiguration, type SchedulerConfiguration } from "../../model/index.ts";
import { digest } from "../digest.ts";
import { restoreSnapshot } from "../restore-snapshot.ts";
import { aNode, ScriptedState } from "../scripted-state.ts";
import { inPieces, snapshotBytes } from "../snapshot-bytes.ts";
import { State } from "../state.ts";
import { schedulerConfigurationIn } from "../tables/scheduler-configurations.ts";
import type { StateView } from "../view.ts";
import { nodeRegister } from "./node-register.ts";
import { schedulerConfigure } from "./scheduler-configure.ts";

const spreading: SchedulerConfiguration = { ...defaultSchedulerConfiguration, SchedulerAlgorithm: "spread" };

async function restored(view: StateView): Promise<StateView> {
  const state = new State();
  state.replaceWith(await restoreSnapshot(inPieces(await snapshotBytes(view))));
  return state.view();
}

test("until somebody sets a configuration the usual one holds", () => {
  assert.deepEqual(schedulerConfigurationIn(new ScriptedState().view), defaultSchedulerConfiguration);
});

test("a configuration says when it was first set and when last", () => {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  script.run(schedulerConfigure, { Config: spreading, Check: null });
  assert.deepEqual(schedulerConfigurationIn(script.view), { ...spreading, CreateIndex: 2, ModifyIndex: 2 });
  script.run(schedulerConfigure, { Config: { ...spreading, ModifyIndex: 99 }, Check: null });
  assert.deepEqual(schedulerConfigurationIn(script.view), { ...spreading, CreateIndex: 2, ModifyIndex: 3 });
});

test("with a check a configuration is set only if nobody has set another since", () => {
  const script = new ScriptedState();
  assert.equal(script.run(schedulerConfigure, { Config: spreading, Check: 7 }).result.ok, false);
  assert.equal(script.run(schedulerConfigure, { Config: spreading, Check: 0 }).result.ok, true);
  assert.equal(script.run(schedulerConfigure, { Config: defaultSchedulerConfiguration, Check: 0 }).result.ok, false);
  assert.equal(schedulerConfigurationIn(script.view).SchedulerAlgorithm, "spread");
  assert.equal(script.run(schedulerConfigure, { Config: defaultSchedulerConfiguration, Check: 2 }).result.ok, true);
  assert.equal(schedulerConfigurationIn(script.view).SchedulerAlgorithm, "binpack");
});

test("a snapshot keeps the configuration, and its table's index", async () => {
  const script = new ScriptedState();
  script.run(schedulerConfigure, { Config: spreading, Check: null });
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  const view = await restored(script.view);
  assert.deepEqual(schedulerConfigurationIn(view), schedulerConfigurationIn(script.view));
  assert.equal(view.schedulerConfigurations.lastIndex, 1);
  assert.equal(digest(view), digest(script.view));
});

test("a state without a configuration is told as it was before there were any", async () => {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(), Evals: [] });
  const bytes = await snapshotBytes(script.view);
  assert.equal(bytes.includes("schedulerConfigurations"), false);
  const view = await restored(script.view);
  assert.deepEqual([view.schedulerConfigurations.size, view.schedulerConfigurations.lastIndex], [0, 0]);
  assert.deepEqual(schedulerConfigurationIn(view), defaultSchedulerConfiguration);
  assert.equal(digest(view), digest(script.view));
});

test("two states that differ in the configuration alone have two digests", () => {
  const [one, other] = [new ScriptedState(), new ScriptedState()];
  one.run(schedulerConfigure, { Config: spreading, Check: null });
  other.run(schedulerConfigure, { Config: defaultSchedulerConfiguration, Check: null });
  assert.notEqual(digest(one.view), digest(other.view));
});
