import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "./random.ts";

test("the same seed gives the same sequence", () => {
  const draw = () => {
    const random = new SeededRandom("seed");
    return [random.uuid(), random.fraction(), random.below(1000), random.fork("a").uuid()];
  };
  assert.deepEqual(draw(), draw());
});

test("ids drawn from many seeds are all different", () => {
  const ids = new Set<string>();
  const seeds = new SeededRandom("seeds");
  for (let count = 0; count < 200_000; count++) ids.add(new SeededRandom(`${seeds.uuid()}@${count}`).uuid());
  assert.equal(ids.size, 200_000);
});

test("draws are spread evenly", () => {
  const counts = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 2000; seed++) {
    const random = new SeededRandom(String(seed));
    for (let draw = 0; draw < 10; draw++) counts[random.below(10)]! += 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 2000) < 250, String(counts));
});

test("an id is a version 4 UUID", () => {
  assert.match(
    new SeededRandom("seed").uuid(),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});
