import assert from "node:assert/strict";
import { test } from "node:test";
import { isPrintable, printable } from "./printable.ts";

test("what a terminal obeys, hides or turns round is written as an escape", () => {
  assert.equal(printable("a\u001b[31mb\r\n"), "a\\x1b[31mb\\x0d\\x0a");
  assert.equal(printable("\u0085\u202e\u200b\u2028\ufeff\ud800"), "\\x85\\u202e\\u200b\\u2028\\ufeff\\ud800");
});

test("characters of two units are no way round it", () => {
  assert.equal(printable("x\u{e0041}\u{1d173}"), "x\\U000e0041\\U0001d173");
});

test("what people read stays, and so does what is asked for", () => {
  const text = "größe 大きさ 🙂 [red] \\x1b";
  assert.equal(printable(text), text);
  assert.ok(isPrintable(text));
  assert.equal(printable("a\n\tb\r", "\n\t"), "a\n\tb\\x0d");
  assert.ok(!isPrintable("a\nb"));
});
