import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import * as z from "zod";
import { quickReaderOf, safeRead, unread } from "./quick-reading.ts";
import {
  anything,
  block,
  flag,
  listOf,
  mapOf,
  nanosecondCount,
  optional,
  real,
  struct,
  text,
  timestamp,
  whole,
} from "./schema.ts";

const inner = struct({ Name: text, Count: whole, Share: real, Tags: mapOf(text) });
const all = struct({
  Name: text,
  Count: whole,
  Wait: nanosecondCount,
  Share: real,
  Stop: flag,
  At: timestamp,
  Payload: anything,
  Words: listOf(text),
  Inner: optional(inner),
  Inners: listOf(inner),
  ByName: mapOf(inner),
  Update: block({ Count: whole, Auto: flag }),
  Color: z.enum(["red", "green"]).default("green"),
});

const scalar = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constant("\ud800"),
  fc.integer(),
  fc.double(),
  fc.constantFrom(2 ** 53, 2 ** 63, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY),
  fc.boolean(),
  fc.constantFrom(null, undefined, "red", new Uint8Array(2)),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 2 }, scalar, tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 3 }),
  object: fc.oneof(
    fc.dictionary(fc.constantFrom("Name", "name", "Count", "Tags", "Share", "__proto__", "else"), tie("value")),
    fc.record(
      {
        Name: fc.oneof(fc.string(), tie("value")),
        Count: fc.oneof(fc.integer(), scalar),
        Wait: fc.oneof(fc.integer(), scalar),
        Words: fc.oneof(fc.array(fc.string()), tie("list")),
        Inner: tie("object"),
        Inners: fc.array(tie("object"), { maxLength: 2 }),
        ByName: fc.dictionary(fc.constantFrom("a", "__proto__", "B"), tie("object")),
        Update: tie("object"),
        Payload: tie("value"),
        STOP: scalar,
        Color: fc.constantFrom("red", "blue"),
      },
      { requiredKeys: [] },
    ),
  ),
}));

test("what is right is read quickly, and what is not is left to zod", () => {
  const right = { Name: "n", Count: 1, Words: ["w"], Inner: { Name: "i" }, ByName: { a: {} }, Update: { Auto: true } };
  const quickly = quickReaderOf(all);
  quickly(right);

  assert.deepEqual(quickly(right), all.parse(right));
  assert.equal(quickly({ ...right, Inners: [{}, { Count: "1" }] }), unread);
});

// An enumeration has no quick reader, and one that may be missing has no place in a blank.
const kept = struct({ Color: z.enum(["red", "green"]).default("green"), Missing: z.string().optional(), Name: text });

test("whatever comes, it is read as zod reads it, field for field in the same order, or refused in the same words", () => {
  fc.assert(
    fc.property(value, (input) => {
      const [ours, zods] = [safeRead(all, input), all.safeParse(input)];
      assert.equal(ours.success, zods.success);
      assert.deepEqual(ours.data, zods.data);
      assert.deepEqual(JSON.stringify(ours.data), JSON.stringify(zods.data));
      assert.deepEqual(ours.error?.issues, zods.error?.issues);
    }),
    { numRuns: 300 },
  );
});

test("a schema of zod's own among the fields is read by zod, also where it leaves a field out", () => {
  for (const input of [
    {},
    { Missing: "no" },
    { Color: "red", Name: "n" },
    { Color: "blue" },
    { Missing: "m", Name: "" },
  ]) {
    const [ours, zods] = [safeRead(kept, input), kept.safeParse(input)];
    assert.deepEqual(ours.data, zods.data);
    assert.deepEqual(JSON.stringify(ours.data), JSON.stringify(zods.data));
    assert.deepEqual(ours.error?.issues, zods.error?.issues);
  }
});

test("two values that were made from one blank share only what cannot be changed", () => {
  const [first, second] = [safeRead(inner, { Name: "a", Tags: { x: "1" } }), safeRead(inner, {})];

  assert.deepEqual(first.data, { Name: "a", Count: 0, Share: 0, Tags: Object.assign(Object.create(null), { x: "1" }) });
  assert.deepEqual(second.data, { Name: "", Count: 0, Share: 0, Tags: Object.create(null) });
  assert.ok(Object.isFrozen(second.data?.Tags));
  assert.ok(Object.isFrozen(all.parse({}).Words));
  assert.notEqual(safeRead(all, {}).data?.Update, safeRead(all, {}).data?.Update);
});
