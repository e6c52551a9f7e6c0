import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { compilePattern, patternCost } from "./pattern.ts";

function isFound(pattern: string, text: string): boolean {
  const compiled = compilePattern(pattern);
  assert.ok(compiled, pattern);
  return compiled(text);
}

test("a pattern is searched for anywhere in the text", () => {
  const cases: [string, string, boolean][] = [
    ["linux", "gnu/linux 6", true],
    ["^linux", "gnu/linux 6", false],
    ["^v?[0-9]+\\.[0-9]+(\\.[0-9]+)*$", "v3.19.0", true],
    ["^v?[0-9]+\\.[0-9]+(\\.[0-9]+)*$", "v3.19.", false],
    ["a.c", "a\nc", false],
    ["(?s)a.c", "a\nc", true],
    ["(?i)LINUX", "Linux", true],
    ["(?i:L)inux", "linux", true],
    ["(?i:L)INUX", "linux", false],
    ["(?m)^b$", "a\nb\nc", true],
    ["^b$", "a\nb\nc", false],
    ["a|bc|", "zzz", true],
    ["^(?:a|bc)$", "bc", true],
    ["^(?P<name>x)y$", "xy", true],
    ["^a{2,3}$", "aaa", true],
    ["^a{2,3}$", "aaaa", false],
    ["^a{2}$", "aa", true],
    ["^a{2,}$", "aaaaa", true],
    ["^a{,2}$", "a{,2}", true],
    ["^[]a-c-]+$", "]abc-", true],
    ["^[^a-c]$", "b", false],
    ["^[[:alpha:]_]+$", "ab_", true],
    ["^[\\d.]+$", "1.2.3", true],
    ["^\\x41\\x{1F600}\\.\\t$", "A\u{1F600}.\t", true],
    ["\\bcat\\b", "a cat sat", true],
    ["\\bcat\\b", "concat", false],
    ["\\Bcat", "concat", true],
    ["\\Acat\\z", "cat", true],
    ["^.$", "\u{1F600}", true],
    ["^a*?b??$", "aab", true],
    ["", "", true],
  ];
  for (const [pattern, text, expected] of cases)
    assert.equal(isFound(pattern, text), expected, `${pattern} in ${text}`);
});

test("what RE2 cannot read is refused", () => {
  const patterns = [
    "(",
    ")",
    "[a",
    "*a",
    "a**",
    "a{2}{3}",
    "a{1001}",
    "a{3,2}",
    "\\1",
    "(?=a)",
    "(?<!a)b",
    "[b-a]",
    "\\",
    "\\pL",
    "[[:no:]]",
    "\\x{110000}",
    "(?z)a",
  ];
  for (const pattern of patterns) assert.equal(compilePattern(pattern), undefined, pattern);
});

test("patterns that hold a backtracking engine for years are answered at once", () => {
  const text = "a".repeat(1023);
  for (const pattern of ["(a+)+$b", "(a|a)*b", "a*a*a*a*a*a*b", "(a*)*b", "((a{1,9}){1,9}){1,9}b"]) {
    assert.equal(isFound(pattern, text), false, pattern);
  }
});

test("T53: no pattern within the limits takes more moves than its size for each character", () => {
  // With an engine that goes back, or follows a step once for each way to it, none of these would come to an end.
  const hostile = [
    `(${"(".repeat(300)}a${")*".repeat(300)})b`,
    `((${"|".repeat(900)}){700}){2}b`,
    "(x+x+)+y",
    "(.*)*(.*)*(.*)*$b",
    "(a?){400}a{400}",
    "(([a-z])+.)+[A-Z]([a-z])+$",
    "^(([^:]+:?)+)*;$",
  ];
  for (const pattern of hostile) {
    const compiled = compilePattern(pattern);
    assert.ok(compiled, pattern);
    for (const letter of ["a", "x", ":"])
      assert.equal(compiled(letter.repeat(1024)), pattern.startsWith("(a?)") && letter === "a");
    assert.ok(patternCost(pattern) <= 2_500, pattern);
  }
});

test("what a pattern costs is told of those, too, that cannot be read", () => {
  assert.ok(patternCost("a") < patternCost("a{10}") && patternCost("a{10}") < patternCost("a{1000}"));
  assert.equal(patternCost("((a{100}){100}){100}"), 2_500);
  assert.equal(patternCost("(("), 2);
  assert.equal(patternCost("a".repeat(1_000_000)), 1024);
});

test("patterns and texts beyond a limit match nothing", () => {
  assert.equal(compilePattern("a".repeat(1025)), undefined);
  assert.equal(compilePattern("((a{100}){100}){100}"), undefined);
  assert.equal(isFound("a", "a".repeat(1025)), false);
});

test("simple patterns are found exactly when JavaScript finds them", () => {
  const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "^", "$", "\\b", "\\w");
  const counted = fc
    .tuple(atom, fc.constantFrom("", "", "*", "+", "?", "{1,2}"))
    .map(([one, count]) => `(?:${one})${count}`);
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    part: fc.oneof(
      { maxDepth: 2 },
      counted,
      tie("pattern").map((inner) => `(${inner})`),
    ),
    pattern: fc.oneof(
      { maxDepth: 2 },
      fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
      fc.tuple(tie("part"), tie("part")).map(([left, right]) => `${left}|${right}`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n"), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (source, subject) => {
      assert.equal(
        isFound(source, subject),
        new RegExp(source).test(subject),
        `${source} in ${JSON.stringify(subject)}`,
      );
    }),
    { numRuns: 500 },
  );
});
