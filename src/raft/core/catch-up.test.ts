import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, later, milliseconds } from "../../base/index.ts";
import { CatchUp } from "./catch-up.ts";

const begin = instantOf(0);
const at = (time: number) => later(begin, milliseconds(time));
const patience = milliseconds(500);

test("a newcomer gets the log in shorter and shorter rounds, and keeps up once one is short enough, though it never has all", () => {
  // A hundred entries a second come, and the newcomer takes three hundred.
  const catchUp = new CatchUp(900, begin);
  const rounds: string[] = [];
  for (let time = 0; !catchUp.isWithin(patience, at(time)); time += 10) {
    const { rounds: before } = catchUp;
    catchUp.heard((time * 300) / 1000, 900 + (time * 100) / 1000, at(time));
    if (catchUp.rounds > before) rounds.push(`round ${catchUp.rounds} ends after ${time} ms`);
  }
  assert.deepEqual(rounds, ["round 1 ends after 3000 ms", "round 2 ends after 4000 ms", "round 3 ends after 4340 ms"]);
});

test("one that is slower than the log grows does not keep up, however long it is waited for", () => {
  const catchUp = new CatchUp(100, begin);
  for (let time = 0; time < 100_000; time += 10) {
    catchUp.heard((time * 90) / 1000, 100 + (time * 100) / 1000, at(time));
    assert.equal(catchUp.isWithin(patience, at(time)), false);
  }
  assert.ok(catchUp.rounds > 10);
});

test("one that has kept up and is silent now does not", () => {
  const catchUp = new CatchUp(10, begin);
  catchUp.heard(10, 20, at(100));
  assert.equal(catchUp.isWithin(patience, at(599)), true);
  assert.equal(catchUp.isWithin(patience, at(600)), false);
});
