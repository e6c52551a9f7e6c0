import assert from "node:assert/strict";
import { test } from "node:test";
import { storm } from "../index.ts";

test("clusters keep their promises to their users while everything goes wrong, and recover", async () => {
  for (const seed of ["1", "2", "3"]) {
    const { counts, history } = await storm(seed);
    const answered = history.filter(({ end }) => end !== undefined);
    assert.ok(answered.length > 20, `users were answered ${answered.length} times under seed ${seed}`);
    assert.ok(Object.keys(counts).length > 5, `much went wrong under seed ${seed}`);
  }
});

test("the same seed gives the same storm", async () => {
  assert.deepEqual(await storm("4"), await storm("4"));
});
