import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { deepestJSON, InvalidJSON, JSONReader, mostJSONKeys } from "./go-json-reader.ts";

function readBytes(bytes: Uint8Array): unknown {
  const reader = new JSONReader(bytes);
  reader.advance(Number.POSITIVE_INFINITY);
  return reader.value;
}

function read(text: string): unknown {
  return readBytes(Buffer.from(text));
}

test("it reads what JSON.parse reads", () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 0, max: 4 }), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), undefined, indent);
      assert.deepEqual(plain(read(spaced)), JSON.parse(spaced));
    }),
  );
});

test("any bytes give a value or InvalidJSON, and never more than JSON.parse would take", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .string({ unit: fc.constantFrom(...'{}[]",:\\u0019.eE+-truefalsn \n'), maxLength: 30 })
      .map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      let value: unknown;
      try {
        value = readBytes(input);
      } catch (error) {
        assert.ok(error instanceof InvalidJSON, String(error));
        return;
      }
      assert.deepEqual(plain(value), JSON.parse(Buffer.from(input).toString()));
    }),
    { numRuns: 2_000 },
  );
});

test("it stops and goes on at any byte", () => {
  const text = '{"a": [1, 2.5e3, "x\\ny", {"b": null}], "c": true}';
  const reader = new JSONReader(Buffer.from(text));
  let turns = 1;
  while (!reader.advance(1)) turns++;
  assert.ok(turns > 10);
  assert.deepEqual(plain(reader.value), JSON.parse(text));
});

/** Texts and pieces of them, among which are all that `JSON.parse` reads differently. */
const odd = fc.oneof(
  fc.json(),
  fc.json({ noUnicodeString: false }),
  fc.constantFrom(
    "1e999",
    "-0",
    "1E+5",
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\u00e9\\"]"',
    '"\ufffd"',
    "\ufeff1",
    '"\\\\"',
  ),
  fc.constantFrom(
    "9".repeat(200),
    "9".repeat(400),
    "0".repeat(1_001),
    `0.${"1".repeat(1_001)}`,
    '"9'.padEnd(1_100, "9"),
  ),
  fc.integer({ min: deepestJSON - 2, max: deepestJSON + 1 }).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
);
const oddTexts = fc.oneof(
  odd,
  fc
    .tuple(fc.constantFrom("a", "__proto__", "constructor", "7"), odd, fc.constantFrom("a", "3"), odd)
    .map(([a, first, b, second]) => `{"${a}": ${first}, "${b}":${second}}`),
  fc.array(odd, { maxLength: 3 }).map((values) => `[${values.join(",")}]`),
  fc.tuple(odd, fc.nat(), fc.nat({ max: 255 })).map(([text, at, byte]) => {
    const bytes = Buffer.from(`["\u20ac",${text}]`);
    bytes[at % (bytes.length + 1)] = byte;
    return bytes;
  }),
);

test("a text that is read at once gives what it gives byte by byte, or is refused in the same words", () => {
  const outcome = (bytes: Uint8Array, budget: number) => {
    const reader = new JSONReader(bytes);
    try {
      while (!reader.advance(budget));
      return { value: reader.value };
    } catch (error) {
      assert.ok(error instanceof InvalidJSON, String(error));
      return { message: error.message };
    }
  };
  fc.assert(
    fc.property(oddTexts, (text) => {
      const bytes = Buffer.from(text as string);
      const [atOnce, slowly] = [outcome(bytes, Number.POSITIVE_INFINITY), outcome(bytes, 1)];
      assert.deepStrictEqual(atOnce, slowly);
      assert.equal(JSON.stringify(atOnce), JSON.stringify(slowly));
    }),
    { numRuns: 1_000 },
  );
});

test("errors read as Go's", () => {
  const errors: Record<string, string> = {
    "": "EOF",
    "  \n": "EOF",
    "{": "unexpected EOF",
    '{"a"': "unexpected EOF",
    '{"a": 1': "unexpected EOF",
    '"abc': "unexpected EOF",
    tru: "unexpected EOF",
    "-": "unexpected EOF",
    hello: "invalid character 'h' looking for beginning of value",
    "<": "invalid character '<' looking for beginning of value",
    "{1:2}": "invalid character '1' looking for beginning of object key string",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 "b":2}': "invalid character '\"' after object key:value pair",
    "[1 2]": "invalid character '2' after array element",
    "[1,]": "invalid character ']' looking for beginning of value",
    '{"a":1,}': "invalid character '}' looking for beginning of object key string",
    nul1: "invalid character '1' in literal null (expecting 'l')",
    '"a\nb"': "invalid character '\\n' in string literal",
    '"\\x"': "invalid character 'x' in string escape code",
    '"\\u12g4"': "invalid character 'g' in \\u hexadecimal character escape",
    "{} x": "invalid character 'x' after top-level value",
    "1e999": "json: cannot unmarshal number 1e999 into Go value of type float64",
    "[1.x]": "invalid character 'x' in numeric literal",
    "\ufeff{}": "invalid character '\u00ef' looking for beginning of value",
  };
  for (const [text, message] of Object.entries(errors))
    assert.throws(() => read(text), { name: "InvalidJSON", message });
});

test("depth is bounded, and the bound is not reached by a stack overflow", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.doesNotThrow(() => read(nested(deepestJSON)));
  assert.throws(() => read(nested(deepestJSON + 1)), { message: "exceeded max depth" });
  const keys = (count: number) => `{${Array.from({ length: count }, (_, at) => `"k${at}":0`).join()}}`;
  assert.equal(Object.keys(read(keys(mostJSONKeys)) as object).length, mostJSONKeys);
  assert.throws(() => read(keys(mostJSONKeys + 1)), { message: "object has more than 65536 keys" });
  assert.throws(() => read("[".repeat(1_000_000)), { message: "exceeded max depth" });
  assert.throws(() => read('{"a":'.repeat(100_000)), { message: "exceeded max depth" });
});

test("a list of empty objects without end is refused before it fills the memory", () => {
  const fill = Buffer.concat([Buffer.from("["), Buffer.alloc(9_000_000, "{},"), Buffer.from("{}]")]);
  assert.throws(() => readBytes(fill), new InvalidJSON("value takes too much memory"));
});

test("every key is data, and the last of a repeated key counts", () => {
  const value = read('{"__proto__": {"polluted": 1}, "constructor": 2, "a": 1, "a": 3}') as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(value), null);
  assert.deepEqual(Object.keys(value), ["__proto__", "constructor", "a"]);
  assert.equal(value.a, 3);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test("invalid UTF-8 and lone surrogates become the replacement character", () => {
  assert.equal(readBytes(Buffer.from([0x22, 0xff, 0x22])), "\ufffd");
  assert.equal(read('"\\ud800x"'), "\ufffdx");
  assert.equal(read('"\\ud83d\\ude00"'), "\u{1f600}");
});

test("a number of a million digits is refused by its length", () => {
  assert.throws(() => read("1".repeat(1_000_000)), InvalidJSON);
});

/** With ordinary prototypes, for comparing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
