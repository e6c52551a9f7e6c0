import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import * as z from "zod";
import { allAtOnce } from "../base/index.ts";
import { safeRead } from "./quick-reading.ts";
import { block, describeIssues, flag, listOf, mapOf, optional, struct, text, whole } from "./schema.ts";
import { readInSteps } from "./stepwise-reading.ts";

const inner = struct({ Name: text, Count: whole, Tags: mapOf(text), Color: z.enum(["red", "green"]).default("green") });
const all = struct({
  Name: text,
  Words: listOf(text),
  Inner: optional(inner),
  Inners: listOf(inner),
  ByName: mapOf(inner),
  Update: block({ Count: whole, Auto: flag, Words: listOf(text) }),
  Missing: z.string().optional(),
});

/** So many that what has them is not small. */
const words = Array.from({ length: 300 }, (_, at) => `w${at}`);
const tags = Object.fromEntries(words.map((word) => [word, word]));

const scalar = fc.constantFrom<unknown>("a", 1, 1.5, true, null, undefined, "red");
/** As it should be, but for one in so many. */
const mostly = (right: unknown, ...more: readonly unknown[]) =>
  fc.oneof({ weight: 30, arbitrary: fc.constantFrom(right, ...more, null) }, { weight: 1, arbitrary: scalar });
const anInner = fc.record(
  { Name: mostly("n"), count: mostly(7), Tags: mostly(tags, {}), Color: fc.constantFrom("red", "green") },
  { requiredKeys: [] },
);
const value = fc.record(
  {
    Name: mostly("n"),
    name: mostly("other"),
    Words: mostly(words, [...words, ...words]),
    Inner: fc.oneof({ weight: 20, arbitrary: anInner }, { weight: 1, arbitrary: scalar }),
    Inners: fc.array(anInner, { maxLength: 3 }),
    ByName: fc.dictionary(fc.constantFrom("a", "__proto__", "B"), anInner),
    Update: fc.record({ Count: mostly(7), words: mostly(words) }, { requiredKeys: [] }),
    Missing: fc.constant("m"),
    Else: fc.constant(words),
  },
  { requiredKeys: [] },
);

test("what is read in steps is what is read at once, field for field in the same order, or refused for the same reason", () => {
  let [right, wrong] = [0, 0];
  fc.assert(
    fc.property(
      fc.oneof({ weight: 20, arbitrary: value }, { weight: 1, arbitrary: fc.oneof(scalar, fc.constant(words)) }),
      (input) => {
        const [inSteps, atOnce] = [allAtOnce(readInSteps(all, input)), safeRead(all, input)];
        assert.equal(inSteps.success, atOnce.success);
        assert.deepEqual(inSteps.data, atOnce.data);
        assert.equal(JSON.stringify(inSteps.data), JSON.stringify(atOnce.data));
        if (atOnce.success) right += 1;
        else wrong += 1;
        if (atOnce.error && inSteps.error) assert.equal(describeIssues(inSteps.error), describeIssues(atOnce.error));
      },
    ),
    { numRuns: 1_000 },
  );
  assert.ok(right > 100 && wrong > 100, `${right} right, ${wrong} wrong`);
});

test("a large value is read in many steps, and one that is wrong only up to there", () => {
  const stepsFor = (input: unknown) => [...readInSteps(all, input)].length;
  const Inners = Array.from({ length: 1_000 }, () => ({ Name: "n", Tags: { a: "b" } }));
  assert.equal(stepsFor({ Inners: Inners.slice(0, 3) }), 0);
  assert.ok(stepsFor({ Inners }) >= 4);
  assert.ok(stepsFor({ Words: Array.from({ length: 10_000 }, () => "w") }) >= 9);
  assert.equal(stepsFor({ Inners: [{ Name: 1 }, ...Inners] }), 0);
});
