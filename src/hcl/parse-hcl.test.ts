import assert from "node:assert";
import { describe, test } from "node:test";
import fc from "fast-check";
import { plainData } from "./decode.ts";
import { renderDiagnostic } from "./diagnostic.ts";
import { HCLError } from "./hcl-error.ts";
import { parseHCL } from "./parse-hcl.ts";

/** The text as plain data: blocks are lists of dictionaries. */
function data(text: string): unknown {
  return plainData(parseHCL(text, "test.hcl"));
}

function failure(text: string): HCLError {
  try {
    parseHCL(text, "test.hcl");
  } catch (error) {
    if (error instanceof HCLError) return error;
    throw error;
  }
  return assert.fail("the text was accepted");
}

describe("the text form", () => {
  test("values of every kind are read", () => {
    const text = `
      text = "a b" # a comment
      whole = 42 // another
      negative = -7  hex = 0x1F  octal = 010
      fraction = 1.5 exponent = 2e3
      yes = true no = false
      /* over
         lines */
      list = ["a", 1, "b",]
      "quoted key" = "x"
      dotted.key-1 = "y"
    `;
    assert.deepEqual(data(text), {
      text: "a b",
      whole: 42,
      negative: -7,
      hex: 31,
      octal: 8,
      fraction: 1.5,
      exponent: 2000,
      yes: true,
      no: false,
      list: ["a", 1, "b"],
      "quoted key": "x",
      "dotted.key-1": "y",
    });
  });

  test("a block may have labels, and an equals sign if it has none", () => {
    const body = parseHCL('job "web" "extra" { a = 1 } meta = { b = 2 } none {}', "test.hcl");
    assert.deepEqual(
      body.items.map((item) => [item.kind, item.key, item.kind === "block" && item.labels]),
      [
        ["block", "job", ["web", "extra"]],
        ["block", "meta", []],
        ["block", "none", []],
      ],
    );
  });

  test("items may share a line", () => {
    const text = 'restart { attempts = 2 interval = "1m" }';
    assert.deepEqual(data(text), { restart: [{ attempts: 2, interval: "1m" }] });
  });

  test("a repeated list is appended, of a repeated value the last one stays", () => {
    assert.deepEqual(data('a = ["1"] b = 1 a = ["2"] b = 2'), { a: ["1", "2"], b: 2 });
  });

  test("booleans in a list are dropped, as Nomad 0.4.1 drops them", () => {
    assert.deepEqual(data('a = ["x", true, "y"]'), { a: ["x", "y"] });
  });

  test("keys that mean something to JavaScript are data", () => {
    const result = data('env { __proto__ = "a" constructor = "b" toString = "c" }') as { env: object[] };
    assert.deepEqual(Object.entries(result.env[0]!), [
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
    ]);
    assert.equal(({} as { a?: string }).a, undefined);
  });

  test("every item knows its line and column, counted in characters", () => {
    const [first, second] = parseHCL('a = "\u{1F600}" b = 1\n  c { d = 2 }', "test.hcl").items;
    assert.deepEqual([first?.position.line, first?.position.column], [1, 1]);
    assert.deepEqual([second?.position.line, second?.position.column], [1, 9]);
  });
});

describe("strings", () => {
  const cases: [string, string][] = [
    [String.raw`"tab\tquote\"back\\slash"`, 'tab\tquote"back\\slash'],
    [String.raw`"\101\x42\u0043\U0001F600"`, "ABC\u{1F600}"],
    [String.raw`"\xc3\xa9"`, "é"],
    ['"it\'s"', "it's"],
    ['"$PATH $${x}"', "$PATH $${x}"],
    ['"${file("a.txt")} ${a{b}c}"', '${file("a.txt")} ${a{b}c}'],
    [String.raw`"echo ${"$"}{FOO:-\"bar\"}"`, 'echo ${FOO:-"bar"}'],
    [String.raw`"${"$"}{a\nb \"c\"}"`, String.raw`${"$"}{a\nb "c"}`],
    ["<<TXT\nhello\n  world\nTXT\n", "hello\n  world\n"],
    ["<<T1\r\nhello\r\nT1\r\n", "hello\r\n"],
    ["<<-END\n    hello\n      world\n\n    END\n", "hello\n  world\n\n"],
  ];
  for (const [literal, expected] of cases) {
    test(`${JSON.stringify(literal)} is ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(data(`a = ${literal}`), { a: expected });
    });
  }
});

describe("what is wrong is said in the words and places of Nomad 0.4.1", () => {
  const cases: [string, string][] = [
    ['job "x" {\n  datacenters = ["dc1"\n', "At 3:1: unexpected token while parsing list: EOF"],
    ['job "x" {\n', "object expected closing RBRACE got: EOF"],
    ['a "b" = {}', "At 1:7: nested object expected: LBRACE got: ASSIGN"],
    ["a = 1, b = 2", "At 1:6: expected: IDENT | STRING got: COMMA"],
    ["\ufeffa = 1", "At 1:1: illegal char"],
    ["a = 'x'", "At 1:5: illegal char"],
    ["/* never", "At 1:1: comment not terminated"],
    ['a = "never\n', "At 1:5: literal not terminated"],
    ['a = "${never"\n', "At 1:5: literal not terminated"],
    [String.raw`a = "x\q"`, "At 1:7: illegal char escape"],
    [String.raw`a = "\ud800"`, "At 1:6: illegal char escape"],
    ["a = <<A B\nx\nA B\n", "At 1:8: invalid characters in heredoc anchor"],
    ["a = <<\n\n", "At 1:5: zero-length heredoc anchor"],
    ["a = <<A\nx\n", "At 1:5: heredoc not terminated"],
    ["a = 08", "At 1:5: illegal octal number"],
    ["a = 10s", "At 1:7: illegal char in number"],
    ["a = [[1]]", "At 1:6: unexpected token while parsing list: LBRACK"],
    ["a = [{}]", "At 1:6: unexpected token while parsing list: LBRACE"],
    ['a = ["x" "y"]', "At 1:10: error parsing list, expected comma or list end, got: STRING"],
    ["true = 1", "At 1:1: expected: IDENT | STRING got: BOOL"],
    ["a", "At 1:2: expected: IDENT | STRING | ASSIGN | LBRACE got: EOF"],
    ["a = }", "At 1:5: a value is expected after ASSIGN got: RBRACE"],
  ];
  for (const [text, message] of cases) {
    test(`${JSON.stringify(text)}: ${message}`, () => {
      assert.equal(failure(text).message, message);
    });
  }

  test("a person is shown the file, the line and the place", () => {
    const [found] = failure('job "x" {\n\tdatacentres = [dc1]\n}').diagnostics;
    assert.equal(
      renderDiagnostic(found!),
      [
        "test.hcl:2:17: unexpected token while parsing list: IDENT",
        "  2 |  datacentres = [dc1]",
        "    |                 ^",
        "  A string needs double quotes",
      ].join("\n"),
    );
  });

  test("a long line is shown around the place, and control characters cannot reach the terminal", () => {
    const [found] = failure(`a = "${"x".repeat(500)}" b = "\u001b[31m" ; c = 1`).diagnostics;
    const [, excerpt, caret] = renderDiagnostic(found!).split("\n");
    assert.ok(excerpt!.length < 140);
    assert.equal(excerpt![caret!.indexOf("^")], ";");
    assert.ok(excerpt!.includes('b = "\u00b7[31m"'));
  });
});

describe("the JSON form", () => {
  test("objects and lists of objects are blocks, null is nothing", () => {
    const text = '{"job": {"a": 1, "b": [1.5, true, "x"], "c": [{"d": "e"}, {"d": "f"}], "g": null, "h": []}}';
    assert.deepEqual(data(text), { job: [{ a: 1, b: [1.5, true, "x"], c: [{ d: "e" }, { d: "f" }], h: [] }] });
    assert.deepEqual(
      parseHCL('{"c": [{"d": "e"}, {"d": "f"}]}', "test.hcl").items.map((item) => [item.kind, item.key]),
      [
        ["block", "c"],
        ["block", "c"],
      ],
    );
  });

  test("what is wrong has a line and a column", () => {
    const cases: [string, string][] = [
      ['{"a": }', "At 1:7: a value is expected"],
      ['{\n "a": 1\n "b": 2}', 'At 3:2: "," or "}" is expected'],
      ['{"a": "x', "At 1:7: a string is not terminated, or has a character or escape JSON forbids"],
      ['{"a": 1} x', "At 1:10: unexpected text after the end of the object"],
      ["{a: 1}", "At 1:2: a key in double quotes is expected"],
      ['{"a": 1e999}', "At 1:12: number out of range"],
    ];
    for (const [text, message] of cases) assert.equal(failure(text).message, message);
  });

  test("what JSON.stringify writes is read as the same data", () => {
    const leaf = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
    const flat = fc.dictionary(fc.string(), fc.oneof(leaf, fc.array(leaf)), { noNullPrototype: false });
    fc.assert(
      fc.property(flat, (value) => {
        const expected = JSON.parse(JSON.stringify(value)) as object;
        assert.deepEqual(Object.entries(data(JSON.stringify(value)) as object), Object.entries(expected));
      }),
    );
  });
});

describe("hostile texts", () => {
  test("nesting is limited, so that no text can exhaust the stack", () => {
    assert.match(failure("a {".repeat(100_000)).message, /nest deeper than 64/);
    assert.match(failure(`a ${'"x" '.repeat(100_000)} {}`).message, /nest deeper than 64/);
    assert.match(failure('{"a":'.repeat(100_000)).message, /nest deeper than 64/);
    assert.match(failure(`{"a":${"[".repeat(100_000)}`).message, /nest deeper than 64/);
  });

  test("ends that are not there are not looked for again and again", { timeout: 5_000 }, () => {
    for (const text of ["<<A\n", "x = <<A\n A\n", "/*\n", "a = <<B\nA\nB", 'x = "%{ if a\n', "a = <<-A\n  ${b\nA\n"]) {
      const repeated = text.repeat(100_000);
      try {
        parseHCL(repeated, "test.hcl");
      } catch (error) {
        assert.ok(error instanceof HCLError);
      }
    }
  });

  test("ends that are not there are not looked for along a whole line from each mark", { timeout: 10_000 }, () => {
    const marks = [String.raw`\${"$"}{\"}`, '${"}"{', '${"}', "${{", '%{if "}"{', "%{ if a", '${"${', '${{"}"}'];
    for (const mark of marks) {
      const line = mark.repeat(Math.ceil((512 * 1024) / mark.length));
      const strings = `"${mark}", `.repeat(Math.ceil((512 * 1024) / (mark.length + 4)));
      for (const text of [`a = <<A\n${line}\nA\n`, `a = "${line}"`, `a = [${strings}]`]) {
        try {
          parseHCL(text, "test.hcl");
        } catch (error) {
          assert.ok(error instanceof HCLError);
        }
      }
    }
  });

  test("length is limited", () => {
    assert.match(failure(" ".repeat(5_000_000)).message, /longer than/);
    assert.match(failure(`a = ${"9".repeat(10_000)}`).message, /number too long/);
  });

  const pieces = [
    "a",
    '"',
    "${",
    "}",
    "{",
    "[",
    "]",
    ",",
    "=",
    "\n",
    "<<A\n",
    "\nA\n",
    "\\",
    "1",
    "0x",
    ".",
    "e9",
    "true",
  ];
  const noise = fc.oneof(
    fc
      .array(fc.constantFrom(...pieces, "/*", "*/", "#", " ", "\u{1F600}", "\ud800", ":", "null"))
      .map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
  );
  for (const start of ["", "{", 'job "x" {']) {
    test(`any text after ${JSON.stringify(start)} is parsed or refused by HCLError, and never anything else`, () => {
      fc.assert(
        fc.property(noise, (text) => {
          try {
            plainData(parseHCL(start + text, "noise.hcl"));
          } catch (error) {
            assert.ok(error instanceof HCLError, String(error));
            assert.ok(error.diagnostics.map(renderDiagnostic).join("").startsWith("noise.hcl:"));
          }
        }),
        { numRuns: 500 },
      );
    });
  }
});
