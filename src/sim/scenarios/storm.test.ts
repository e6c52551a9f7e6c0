import assert from "node:assert/strict";
import { test } from "node:test";
import { storm } from "../index.ts";

test("clusters keep their promises to their users while everything goes wrong, and recover", async () => {
  for (const seed of ["1", "2", "3"]) {
    const { lines, history } = await storm(seed);
    const answered = history.filter(({ end }) => end !== undefined);
    assert.ok(answered.length > 20, `users were answered ${answered.length} times under seed ${seed}`);
    assert.ok(lines.some((line) => / world (crash|isolate|cut|lossy|slow|reset)/.test(line)));
  }
});

test("the same seed gives the same storm", async () => {
  assert.deepEqual(await storm("4"), await storm("4"));
});
