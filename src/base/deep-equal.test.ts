import assert from "node:assert/strict";
import { test } from "node:test";
import { deepEqual } from "./deep-equal.ts";
import { dictionary } from "./dictionary.ts";

test("what says the same is equal, whatever the order of its keys or its prototype", () => {
  assert.equal(deepEqual({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }), true);
  assert.equal(deepEqual(dictionary([["__proto__", 1]]), JSON.parse('{"__proto__":1}')), true);
  assert.equal(deepEqual(Number.NaN, Number.NaN), true);
});

test("what says something else is not equal", () => {
  const pairs: [unknown, unknown][] = [
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: undefined }, { b: undefined }],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [null, {}],
    [1, "1"],
    [dictionary([["__proto__", 1]]), {}],
  ];
  for (const [a, b] of pairs) assert.equal(deepEqual(a, b), false, JSON.stringify([a, b]));
});
