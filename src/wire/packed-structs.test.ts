import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import * as z from "zod";
import { dictionary } from "../base/index.ts";
import { decodeMsgpack } from "./msgpack-decoder.ts";
import { encodeMsgpack } from "./msgpack-encoder.ts";
import { pairReader } from "./packed-structs.ts";
import { safeRead } from "./quick-reading.ts";
import {
  anything,
  block,
  flag,
  listOf,
  mapOf,
  nanosecondCount,
  optional,
  partOf,
  real,
  struct,
  text,
  timestamp,
  whole,
  wholeOr,
} from "./schema.ts";

const inner = struct({ Name: text, Count: wholeOr(1), Share: real, Tags: mapOf(text) });
const body = struct({
  Name: text,
  Count: whole,
  Wait: nanosecondCount,
  Stop: flag,
  At: timestamp,
  Payload: anything,
  Words: listOf(text),
  Inner: optional(inner),
  Inners: listOf(inner),
  ByName: mapOf(inner),
  Update: block({ Count: whole, Auto: flag }),
  Color: z.enum(["red", "green"]).default("green"),
  Region: text,
  Index: nanosecondCount,
});
const beside = struct({ Region: text, Index: whole, Stale: flag });
const binary = new Set(["Bytes"]);

const right = {
  Name: "n",
  Count: 1,
  Stop: true,
  Payload: { deep: [{ Bytes: Uint8Array.of(255) }] },
  Words: ["w", "é"],
  Inner: { Name: "i", Share: 0.5 },
  Inners: [{}, { Tags: dictionary([["a", "b"]]) }],
  ByName: dictionary([["__proto__", { Count: 3 }]]),
  Update: { Auto: true },
  Wait: 1.7e18,
  Region: "eu",
  Stale: true,
};

function decoded(bytes: Uint8Array) {
  const value = decodeMsgpack(bytes, { binary });
  return { first: safeRead(body, value), second: safeRead(beside, value) };
}

const unpacked = pairReader(body, beside, { binary });
assert.ok(unpacked !== undefined);
// Each kind of struct is met once before it is unpacked.
for (let turn = 0; turn < 4; turn++) decoded(encodeMsgpack(right));

test("a body as a peer writes it is unpacked into the two structs that it is", () => {
  const bytes = encodeMsgpack(right);
  const found = unpacked(bytes);
  assert.deepEqual(found, { first: decoded(bytes).first.data, second: decoded(bytes).second.data });
  assert.equal(found?.second.Region, "eu");
});

test("what is not as it should be, or not written so, is left to those who decode", () => {
  const index = encodeMsgpack({ Index: 1 });
  const long = encodeMsgpack({ Payload: Array(300_000).fill(0) });
  for (const bytes of [
    encodeMsgpack({ Unknown: 1 }),
    encodeMsgpack({ name: "n" }),
    encodeMsgpack({ Name: 1 }),
    encodeMsgpack({ Words: [null, 1] }),
    encodeMsgpack({ Inner: [] }),
    encodeMsgpack({ Color: "blue" }),
    encodeMsgpack(
      dictionary([
        ["Region", ""],
        ["Name", "out of order"],
      ]),
    ),
    encodeMsgpack([]),
    encodeMsgpack({ Name: "a" }).subarray(0, 6),
    Buffer.concat([encodeMsgpack({ Name: "a" }), Uint8Array.of(0)]),
    Buffer.from("82a44e616d65a161a44e616d65a162", "hex"),
    Buffer.from("81a44e616d65a1ff", "hex"),
    // The two structs mean different things by it.
    index,
    long,
  ]) {
    assert.equal(unpacked(bytes), undefined, Buffer.from(bytes).toString("hex", 0, 40));
  }
});

test("of a part of a struct all is read, and some of it kept", () => {
  const part = partOf(body, ["Count", "Words", "Update"]);
  const asked = struct({ Parts: listOf(part) });
  const reader = pairReader(asked, beside, { binary });
  const parts = [{ ...right, Payload: null, Stale: undefined }, {}, { Words: ["x"], Name: "dropped", Color: "red" }];
  const wanted = { Parts: parts.map((each) => safeRead(part, decodeMsgpack(encodeMsgpack(each))).data) };
  assert.deepEqual(Object.keys(wanted.Parts[0] ?? {}), ["Count", "Words", "Update"]);
  const bytes = encodeMsgpack({ Parts: parts });
  assert.deepEqual(safeRead(asked, decodeMsgpack(bytes)).data, wanted);
  assert.deepEqual(asked.safeParse(decodeMsgpack(bytes)).data, wanted);
  assert.deepEqual(reader?.(bytes)?.first, wanted);
  for (const wrong of [{ Name: 1 }, { Inner: [] }, { Color: "blue" }, { Unknown: 1 }]) {
    const refused = encodeMsgpack({ Parts: [wrong] });
    assert.equal(reader?.(refused), undefined);
    const said = (schema: z.ZodType, value: unknown) => safeRead(schema, value).error?.issues;
    assert.deepEqual(said(part, wrong), said(body, wrong));
  }
});

test("a struct with a binary field is decoded", () => {
  const schema = struct({ Bytes: anything });
  const reader = pairReader(schema, beside, { binary });
  const bytes = encodeMsgpack({ Bytes: Uint8Array.of(65) });
  for (let turn = 0; turn < 3; turn++)
    assert.deepEqual(safeRead(schema, decodeMsgpack(bytes, { binary })).data?.Bytes, Uint8Array.of(65));
  assert.equal(reader?.(bytes), undefined);
  assert.ok(pairReader(schema, beside, {})?.(bytes) !== undefined);
});

const scalar = fc.oneof(
  fc.string(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((each) => Math.abs(each) < 2 ** 63),
  fc.boolean(),
  fc.constantFrom(null, "", 0, 1, -0, "\u20ac", Uint8Array.of(255), [], {}),
);
/** Mostly what it should be. */
const or = (usual: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: scalar });
const someKeys = { requiredKeys: [], noNullPrototype: true };
const words = fc.string({ maxLength: 5 });
const tags = fc.dictionary(fc.constantFrom("a", "__proto__", "constructor"), or(words), { maxKeys: 2 });
const inners = or(
  fc.record(
    { Name: or(words), Count: or(fc.integer()), Share: or(fc.constantFrom(0, 0.5, -3)), Tags: or(tags) },
    someKeys,
  ),
);
const bodies = fc.record(
  {
    Name: or(words),
    Count: or(fc.integer()),
    Wait: or(fc.constantFrom(1.7e18, 5, null)),
    At: or(words),
    Payload: fc.oneof(scalar, tags, fc.array(tags, { maxLength: 2 })),
    Words: or(fc.array(words, { maxLength: 3 })),
    Inner: inners,
    Inners: or(fc.array(inners, { maxLength: 2 })),
    ByName: or(fc.dictionary(fc.constantFrom("a", "__proto__", "B"), inners, { maxKeys: 2 })),
    Update: or(fc.record({ Count: fc.integer(), Auto: fc.boolean() }, someKeys)),
    Color: or(fc.constantFrom("red", "green")),
    Region: or(words),
    Stale: or(fc.boolean()),
  },
  someKeys,
);
const change = fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { freq: 2 });

test("whatever comes, what is unpacked is what would be decoded and read, field for field in the same order", () => {
  let read = 0;
  fc.assert(
    fc.property(bodies, change, (input, changed) => {
      const bytes = Buffer.from(encodeMsgpack(input));
      if (changed !== null) bytes[changed[0] % bytes.length] = changed[1];
      const found = unpacked(bytes);
      if (found === undefined) return;
      read++;
      const { first, second } = decoded(bytes);
      assert.deepEqual(found, { first: first.data, second: second.data });
      assert.equal(JSON.stringify(found), JSON.stringify({ first: first.data, second: second.data }));
    }),
    { numRuns: 500 },
  );
  assert.ok(read > 100, `${read} were unpacked`);
});
