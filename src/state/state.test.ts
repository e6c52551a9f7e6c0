import assert from "node:assert";
import { test } from "node:test";
import { evaluation } from "../model/index.ts";
import { evaluationsUpdate } from "./commands/evaluations-update.ts";
import { encodeCommand } from "./log-entry.ts";
import { State } from "./state.ts";

test("an entry with ten thousand evaluations changes ten thousand rows", () => {
  const state = new State();
  const Evals = Array.from({ length: 10_000 }, (_, i) => evaluation.parse({ ID: `${i}`, JobID: "web" }));
  const applied = state.apply({ index: 1, data: encodeCommand(evaluationsUpdate, { Evals }, { at: 5 }) });
  assert.equal(applied.changes.length, 10_000);
  assert.equal(state.view().evaluations.size, 10_000);
});
