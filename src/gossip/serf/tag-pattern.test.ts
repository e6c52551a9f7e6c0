import assert from "node:assert/strict";
import { test } from "node:test";
import { tagMatches } from "./tag-pattern.ts";

test("a pattern fits where a part of the text does, and anchors hold it to the ends", () => {
  const cases: readonly (readonly [pattern: string, text: string, fits: boolean])[] = [
    ["web", "the web server", true],
    ["^web", "the web", false],
    ["^web$", "web", true],
    ["web$", "web2", false],
    ["no.*d", "nomad", true],
    ["^n.m", "nomad", true],
    ["^v1\\.2$", "v1x2", false],
    ["^v1\\.2$", "v1.2", true],
    ["a+b?c", "aaac", true],
    ["^a+$", "", false],
    ["db|web", "a web", true],
    ["^db$|^web$", "a web", false],
    ["", "anything", true],
    ["a\\|b", "a|b", true],
    ["\\$", "5$", true],
  ];
  for (const [pattern, text, fits] of cases) assert.equal(tagMatches(pattern, text), fits, `${pattern} in ${text}`);
});

test("syntax that is not taken is said to be so, not guessed at", () => {
  for (const pattern of ["(a)", "[ab]", "a{2}", "\\d", "a**", "*", "a\\", "a".repeat(300)]) {
    assert.equal(tagMatches(pattern, "a"), undefined, pattern);
  }
});

test("a pattern made to be slow is not", () => {
  const pattern = `^${"a*".repeat(120)}$`;
  assert.equal(tagMatches(pattern, `${"a".repeat(500)}b`), false);
});
