import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeRandom } from "./node-random.ts";

test("chance stays within its bounds", () => {
  const random = new NodeRandom();
  for (let i = 0; i < 1_000; i++) {
    const fraction = random.fraction();
    assert.ok(fraction >= 0 && fraction < 1);
    const below = random.below(3);
    assert.ok(Number.isInteger(below) && below >= 0 && below < 3);
  }
});

test("no fraction is drawn twice", () => {
  const random = new NodeRandom();
  assert.equal(new Set(Array.from({ length: 1_000 }, () => random.fraction())).size, 1_000);
});

test("a UUID has the form of version 4 and is not drawn twice", () => {
  const random = new NodeRandom();
  const drawn = new Set(Array.from({ length: 1_000 }, () => random.uuid()));
  assert.equal(drawn.size, 1_000);
  for (const uuid of drawn) assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
