import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { printable } from "../../base/index.ts";
import { goQuote } from "./go-quote.ts";
import { printableLines } from "./printable.ts";

test("what cannot be seen is escaped as Go escapes it", () => {
  const cases: [string, string][] = [
    ["web", '"web"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["a\tb\nc\u0007", '"a\\tb\\nc\\a"'],
    ["\u001b[1m", '"\\x1b[1m"'],
    ["größe", '"größe"'],
    ["\u202e\u00a0", '"\\u202e\\u00a0"'],
    ["\u{e0001}", '"\\U000e0001"'],
  ];
  for (const [text, quoted] of cases) assert.equal(goQuote(text), quoted);
});

test("quoted and printable texts hold nothing that a terminal obeys", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.doesNotMatch(goQuote(text), /\p{Cc}/u);
      assert.doesNotMatch(printable(text), /[\p{Cc}\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u);
      assert.doesNotMatch(printableLines(text), /[^\P{Cc}\n\t]/u);
    }),
  );
});

test("ordinary text is left alone", () => {
  assert.equal(printable("größe 大きさ 🙂 [red]"), "größe 大きさ 🙂 [red]");
  assert.equal(printableLines("a\n\tb\r"), "a\n\tb\\x0d");
});
