import assert from "node:assert";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HCLError } from "../hcl-error.ts";
import { parseText } from "../parser.ts";
import type { SyntaxBody } from "../syntax.ts";
import { hclText } from "../testing/arbitrary-text.ts";
import { formatHCL } from "./format.ts";

const format = (text: string) => formatHCL(text, "test.hcl");

const cases: [name: string, before: string, after: string][] = [
  [
    "equals signs of neighbours stand below one another",
    "a=1\nlonger  =   2\n\nb= 3\n",
    "a      = 1\nlonger = 2\n\nb = 3\n",
  ],
  [
    "a value over several lines is no neighbour",
    "abc=1\nlist=[\n1,\n    2 # two\n]\nd=2\n",
    "abc = 1\nlist = [\n  1,\n  2 # two\n]\nd = 2\n",
  ],
  ["comments of neighbours too", "a=1 # one\nbcd=2 // two\n", "a   = 1 # one\nbcd = 2 // two\n"],
  [
    "one item a line",
    'job "x" { type="batch" group "g" { count=1 } }',
    'job "x" {\n  type = "batch"\n  group "g" { count = 1 }\n}\n',
  ],
  ["a block with one attribute stays on its line", "logs { max_files=1 }", "logs { max_files = 1 }\n"],
  ["an empty block is short", "a {\n}\nb { }", "a {\n}\nb {}\n"],
  ["objects with commas stay as they are", "a = {b=1,c : 2}", "a = { b = 1, c : 2 }\n"],
  ["objects without are broken", "a = { b=1 c=2 }", "a = {\n  b = 1\n  c = 2\n}\n"],
  ["lists of objects", "a = [{\nb = 1\n},{\nb = 2\n}]", "a = [{\n  b = 1\n}, {\n  b = 2\n}]\n"],
  ["expressions", "a = - 1+ -b.c [0]*f( x,y ... )", "a = -1 + -b.c [0] * f(x, y...)\n"],
  ["choices and loops", "a = x?1:2\nb = [for k,v in {}:v if! k]", "a = x ? 1 : 2\nb = [for k, v in {}: v if !k]\n"],
  [
    "heredocs are not touched",
    "a {\nb = <<END\n   x\nEND\nlonger=1\n}",
    "a {\n  b = <<END\n   x\nEND\n  longer = 1\n}\n",
  ],
  [
    "comments stay where they are",
    "# top\n\n\na { # why\n/* b\n c */\n}\n# end",
    "# top\n\n\na { # why\n  /* b\n c */\n}\n# end\n",
  ],
  ["line ends of Windows", "a = 1\r\nb = 2\r\n", "a = 1\nb = 2\n"],
  ["JSON is left alone", '{"a":\n1}', '{"a":\n1}'],
  ["nothing", "", ""],
];

for (const [name, before, after] of cases) {
  test(name, () => {
    assert.equal(format(before), after);
    assert.equal(format(after), after);
  });
}

test("what cannot be parsed is refused with its place", () => {
  assert.throws(() => format("a = [\n"), { name: "HCLError", message: /^At 2:1: / });
});

describe("whatever the text", () => {
  /** What a text says, without where. */
  const meaning = (text: string) =>
    JSON.stringify(parseText({ file: "t", text, syntax: "hcl" }), (key, value) => {
      if (typeof value === "bigint") return String(value);
      if (key === "plain" && typeof value === "string") return value.replaceAll("\r", "");
      return ["position", "end", "start", "source", "pieces", "problem"].includes(key) ? undefined : value;
    });
  const parsed = (text: string): SyntaxBody | undefined => {
    try {
      return parseText({ file: "t", text, syntax: "hcl" });
    } catch (error) {
      if (error instanceof HCLError) return undefined;
      throw error;
    }
  };

  test("it says the same when it is formatted, and formatting it again changes nothing", () => {
    let understood = 0;
    fc.assert(
      fc.property(hclText, (text) => {
        if (parsed(text) === undefined) return;
        understood += 1;
        const formatted = format(text);
        assert.equal(meaning(formatted), meaning(text));
        assert.equal(format(formatted), formatted);
      }),
      { numRuns: 1000 },
    );
    assert.ok(understood > 500, `only ${understood} of 1000 texts could be parsed`);
  });
});
