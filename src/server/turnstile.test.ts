import assert from "node:assert/strict";
import { test } from "node:test";
import { firstOf, instantOf } from "../base/index.ts";
import { settled } from "../runtime/index.ts";
import { Turnstile } from "./turnstile.ts";

const never = new AbortController().signal;
const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

/** A turnstile, who has passed it, and its turns one at a time. */
function crowd() {
  const turns: (() => void)[] = [];
  const at = (_: unknown, wake: () => void) => {
    turns.push(wake);
    return () => {};
  };
  const turnstile = new Turnstile({ now: () => instantOf(0), at });
  const passed: number[] = [];
  return {
    passed,
    come: (number: number, signal = never) => firstOf(signal, turnstile.passing).then(() => passed.push(number)),
    isTurning: () => turns.length > 0,
    turn: async () => {
      await settled();
      turns.shift()?.();
      await settled();
    },
  };
}

test("a few pass at once, and nothing is left behind", async () => {
  const { come, passed, turn, isTurning } = crowd();
  for (const number of upTo(32)) come(number);
  await settled();
  assert.deepEqual(passed, upTo(32));
  await turn();
  assert.equal(isTurning(), false);
});

test("of many who come together some pass in each turn, in the order they came", async () => {
  const { come, passed, turn, isTurning } = crowd();
  for (const number of upTo(80)) come(number);
  await settled();
  const seen = [passed.length];
  while (isTurning()) {
    await turn();
    seen.push(passed.length);
  }
  assert.deepEqual(seen, [32, 64, 80, 80]);
  assert.deepEqual(passed, upTo(80));
});

test("who comes while others wait does not overtake them", async () => {
  const { come, passed, turn, isTurning } = crowd();
  for (const number of upTo(70)) come(number);
  await turn();
  come(70);
  await settled();
  assert.deepEqual(passed, upTo(64));
  while (isTurning()) await turn();
  assert.deepEqual(passed, upTo(71));
});

test("who is gone takes nobody's turn", async () => {
  const { come, passed, turn } = crowd();
  const gone = new AbortController();
  for (const number of upTo(70)) come(number, number < 40 ? gone.signal : never);
  await settled();
  gone.abort();
  await settled();
  assert.deepEqual(passed, upTo(40), "those who are gone wait no longer");
  await turn();
  assert.deepEqual(passed, upTo(70));
});
