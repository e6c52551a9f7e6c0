import assert from "node:assert/strict";
import { test } from "node:test";
import { notLinearizable } from "../checkers/linearizable.ts";
import { expectedKinds, longHistory, storm } from "../index.ts";

/** A few for every run of the unit tests; many more run with every change, by `npm run test:sim`. */
const seeds = ["1", "2", "3"];

const happened = new Set<string>();
for (const seed of seeds) {
  test(`a cluster keeps its promises while everything goes wrong, and recovers: seed ${seed}`, async () => {
    const { counts, history, watched } = await storm(seed);
    const answered = history.filter(({ end }) => end !== undefined);
    assert.ok(answered.length > 20, `users were answered ${answered.length} times`);
    assert.ok(watched > 5, `watchers were answered ${watched} times`);
    for (const kind of Object.keys(counts)) happened.add(kind);
  });
}

test("in these few worlds half of all that is expected to happen did", () => {
  const missing = expectedKinds.filter((kind) => !happened.has(kind));
  assert.ok(missing.length <= expectedKinds.length / 2, `these seeds have none of: ${missing.join(", ")}`);
});

test("the same seed gives the same storm", async () => {
  assert.deepEqual(await storm("4"), await storm("4"));
});

test("what many users saw of a few jobs happened in one order, and one answer that is not so would be noticed", async () => {
  const { history } = await longHistory("long", 500);
  assert.ok(history.length >= 500);
  for (const kind of ["read", "write", "swap", "mismatch"]) {
    assert.ok(
      history.some((operation) => operation.kind === kind && operation.end !== undefined),
      `no ${kind}`,
    );
  }
  assert.equal(notLinearizable(history), undefined);
  const at = history.findIndex(({ kind, version = 0 }) => kind === "read" && version > 0);
  const late = history.findLastIndex(({ kind, key }) => kind === "read" && key === history[at]!.key);
  const stale = { ...history[at]!, start: history[late]!.start, end: history[late]!.end };
  assert.equal(notLinearizable(history.with(late, stale)), stale.key);
});
