import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { dictionary } from "../base/index.ts";
import { goJSON, goJSONPieces, UnwritableJSON } from "./go-json.ts";

test("keys come in alphabetical order, upper case before lower case", () => {
  assert.equal(goJSON({ b: 1, Zeta: 2, Alpha: { y: 1, x: 2 } }), '{"Alpha":{"x":2,"y":1},"Zeta":2,"b":1}');
  assert.equal(
    goJSON(
      dictionary([
        ["z", 1],
        ["a", 2],
      ]),
    ),
    '{"a":2,"z":1}',
  );
});

test("values of one kind are written alike however many there are, and of another with the same ends too", () => {
  const rows = [
    { b: 1, m: 2, a: 3 },
    { b: 4, m: 5, a: 6 },
    { b: 7, x: 8, a: 9 },
  ];
  assert.equal(goJSON(rows), '[{"a":3,"b":1,"m":2},{"a":6,"b":4,"m":5},{"a":9,"b":7,"x":8}]');
});

test("characters that could end a script are escaped as Go escapes them", () => {
  assert.equal(goJSON("<script>&\u2028\u2029"), '"\\u003cscript\\u003e\\u0026\\u2028\\u2029"');
  assert.equal(goJSON({ "<": 'a"b\\c\nd' }), '{"\\u003c":"a\\"b\\\\c\\nd"}');
});

test("a lone surrogate is written as the replacement character", () => {
  assert.equal(goJSON("a\ud800b"), '"a\ufffdb"');
});

test("integers are plain digits, exact to the last, also beyond 2^53", () => {
  assert.equal(goJSON([0, -0, 42, -7]), "[0,0,42,-7]");
  assert.equal(goJSON(2 ** 60 + 256), "1152921504606847232");
  assert.equal(goJSON(2 ** 53 + 2), "9007199254740994");
  assert.equal(goJSON(2 ** 63), "9223372036854775808");
  assert.equal(goJSON(1e21), "1000000000000000000000");
  assert.equal(goJSON(18446744073709551615n), "18446744073709551615");
});

test("floating point numbers keep all their digits", () => {
  assert.equal(goJSON([0.46382786326189773, 1e-7]), "[0.46382786326189773,1e-7]");
});

test("bytes are base64, and what is undefined is left out of an object and null in a list", () => {
  assert.equal(goJSON({ Data: Buffer.from("hello"), File: undefined }), '{"Data":"aGVsbG8="}');
  assert.equal(goJSON([undefined]), "[null]");
});

test("pretty text is indented by four spaces and ends with a newline", () => {
  assert.equal(goJSON(["global"], { pretty: true }), '[\n    "global"\n]\n');
  assert.equal(
    goJSON({ b: [], a: { c: {}, d: [1, 2] } }, { pretty: true }),
    '{\n    "a": {\n        "c": {},\n        "d": [\n            1,\n            2\n        ]\n    },\n    "b": []\n}\n',
  );
  assert.equal(goJSON([], { pretty: true }), "[]\n");
});

test("what JSON cannot say is refused", () => {
  assert.throws(() => goJSON({ a: Number.NaN }), UnwritableJSON);
  assert.throws(() => goJSON({ a: Number.POSITIVE_INFINITY }), UnwritableJSON);
  assert.throws(() => goJSON({ a: () => 1 }), UnwritableJSON);
  const circle: { self?: unknown } = {};
  circle.self = circle;
  assert.throws(() => goJSON(circle), UnwritableJSON);
});

test("a long list comes in pieces that make up the same text", () => {
  const rows = Array.from({ length: 5_000 }, (_, at) => ({ ID: at, Name: "x".repeat(50) }));
  const pieces = [...goJSONPieces(rows)];
  assert.ok(pieces.length > 3);
  assert.equal(pieces.join(""), JSON.stringify(rows));
});

test("a job of one group comes in pieces too, however many tasks that has", () => {
  const job = {
    TaskGroups: [{ Name: "g", Tasks: Array.from({ length: 9_000 }, (_, at) => ({ Name: `t${at}`, Env: null })) }],
  };
  const pieces = [...goJSONPieces(job)];
  for (const piece of pieces) assert.ok(piece.length < 100_000, `${piece.length}`);
  assert.deepEqual(JSON.parse(pieces.join("")), job);
});

test("a long list within an object comes in pieces too, as does an object of many keys", () => {
  const groups = Array.from({ length: 5_000 }, (_, at) => ({ Name: `group-${at}`, Tasks: ["x".repeat(50)] }));
  const answer = {
    Diff: { Groups: groups },
    Updates: Object.fromEntries(groups.map(({ Name }) => [Name, { Place: 1 }])),
  };
  for (const pretty of [false, true]) {
    const pieces = [...goJSONPieces(answer, { pretty })];
    assert.ok(pieces.length > 6);
    for (const piece of pieces) assert.ok(piece.length < 200_000);
    assert.deepEqual(JSON.parse(pieces.join("")), answer);
  }
});

test("what is written reads back the same", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, pretty) => {
      assert.deepEqual(JSON.parse(goJSON(value, { pretty })), JSON.parse(JSON.stringify(value)));
    }),
  );
});
