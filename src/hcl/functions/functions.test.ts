import assert from "node:assert";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HCLError } from "../hcl-error.ts";
import { type Given, valueOfExpression } from "../testing/evaluated.ts";
import { allFunctions } from "./functions.ts";

const tried = new Set<string>();

function comesTo(cases: readonly (readonly [string, unknown])[], given: Given = {}): void {
  for (const [expression, expected] of cases) {
    for (const [, name] of expression.matchAll(/([a-z0-9_]+)\(/g)) tried.add(name!);
    test(`${expression} is ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(valueOfExpression(expression, given), expected);
    });
  }
}

function refuses(cases: readonly (readonly [string, RegExp])[], given: Given = {}): void {
  for (const [expression, message] of cases) {
    test(`${expression} is refused`, () => {
      const evaluate = () => valueOfExpression(expression, given);
      assert.throws(evaluate, (error) => error instanceof HCLError && message.test(error.message));
    });
  }
}

describe("strings", () => {
  comesTo([
    [String.raw`chomp("a\n\n")`, "a"],
    [
      'format("%s-%03d|%-3s|%5.2f|%q|%x|%X|%t|%%|%v", "a", 7, "b", 1.239, "c", 255, "hi", true, [1])',
      'a-007|b  | 1.24|"c"|ff|6869|true|%|[1]',
    ],
    ['format("%[2]s %[1]s", "a", "b")', "b a"],
    ['format("%+d|% d|%e|%g|%b|%o|%v", 5, 5, 1500, 0.25, 5, 8, null)', "+5| 5|1.500000e+03|0.25|101|10|null"],
    ['formatlist("%s:%s", ["a", "b"], "x")', ["a:x", "b:x"]],
    [String.raw`indent(2, "a\nb")`, "a\n  b"],
    ['join(",", ["a", 1], ["b"])', "a,1,b"],
    ['lower("ÄB")', "äb"],
    ['replace("a.b.c", ".", "-")', "a-b-c"],
    ['split(",", "a,b")', ["a", "b"]],
    ['strlen("😀a")', 2],
    ['strrev("a😀")', "😀a"],
    ['substr("hello", 1, 3)', "ell"],
    ['substr("hello", -2, -1)', "lo"],
    ['title("hello big world")', "Hello Big World"],
    ['trim("?!hi!?", "!?")', "hi"],
    ['trimprefix("v1.2", "v")', "1.2"],
    ['trimspace("  a ")', "a"],
    ['trimsuffix("a.txt", ".txt")', "a"],
    ['upper("ab")', "AB"],
  ]);
  refuses([
    ['format("%d", "x")', /a number is required/],
    ['format("%s %s", "x")', /there is no value for "%s"/],
    ['format("%s", "x", "y")', /verbs for 1 values, not for 2/],
    ['format("100%")', /followed by no verb/],
    ['formatlist("%s%s", [1], [1, 2])', /not of one length/],
  ]);
});

test("long texts take time in proportion", { timeout: 5_000 }, () => {
  const of = (expression: string, long: string) => valueOfExpression(expression, { values: { long } });
  const wide = String.fromCodePoint(...Array.from({ length: 20_000 }, (_, at) => 0x4e00 + at));
  assert.equal(of("strlen(chomp(long))", `${"\n".repeat(200_000)}x`), 200_001);
  assert.equal(of("trim(long, long)", wide.repeat(10)), "");
  assert.throws(() => of("format(long, 1)", `%${"0".repeat(200_000)}`), /followed by no verb/);
});

describe("numbers", () => {
  comesTo([
    ["abs(-2)", 2],
    ["ceil(1.2)", 2],
    ["floor(-1.2)", -2],
    ["log(8, 2)", 3],
    ["max(1, 3, 2)", 3],
    ["min([2, 1]...)", 1],
    ['parseint("ff", 16)', 255],
    ['parseint("-z", 62)', -35],
    ["pow(2, 10)", 1024],
    ["signum(-3)", -1],
  ]);
  refuses([
    ['parseint("12", 2)', /no number in base 2/],
    ["log(0, 2)", /no finite number/],
  ]);
});

describe("lists, sets and objects", () => {
  comesTo([
    ["chunklist([1, 2, 3], 2)", [[1, 2], [3]]],
    ['coalesce(null, "", "a")', "a"],
    ["coalescelist([], [1])", [1]],
    ['compact(["a", "", "b"])', ["a", "b"]],
    ["concat([1], [2, 3])", [1, 2, 3]],
    ['contains(["a"], "a")', true],
    ["distinct([2, 1, 2])", [2, 1]],
    ["element([1, 2, 3], 4)", 2],
    ["flatten([[1, [2]], 3])", [1, 2, 3]],
    ['index(["a", "b"], "b")', 1],
    ["keys({ b = 1, a = 2 })", ["a", "b"]],
    ["length({ a = 1 })", 1],
    ['lookup({ a = 1 }, "b", 3)', 3],
    ["merge({ a = 1 }, { a = 2, b = 3 })", [{ a: 2, b: 3 }]],
    ["range(3)", [0, 1, 2]],
    ["range(5, 1, -2)", [5, 3]],
    ["reverse([1, 2])", [2, 1]],
    ["setintersection([1, 2], [2, 3])", [2]],
    [
      "setproduct([1, 2], [3])",
      [
        [1, 3],
        [2, 3],
      ],
    ],
    ["setunion([2], [1, 2])", [1, 2]],
    ["slice([1, 2, 3], 1, 2)", [2]],
    ['sort(["b", "a"])', ["a", "b"]],
    ["values({ b = 1, a = 2 })", [2, 1]],
    ['zipmap(["a"], [1])', [{ a: 1 }]],
    ["try(nothing.a, 1)", 1],
    ['can(upper(["a"]))', false],
    ['convert(["b", "a", "b"], set(string))', ["a", "b"]],
    ['convert("3", number)', 3],
  ]);
  refuses([
    ["element([], 0)", /the list is empty/],
    ['lookup({}, "a")', /has no "a"/],
    ["slice([1], 0, 2)", /no part of a list of 1/],
    ["try(nope, 1 / 0)", /none of the expressions has a value/],
    ["range(1, 2, 0)", /comes to no end/],
  ]);
});

describe("encodings", () => {
  comesTo([
    ['base64encode("héllo")', "aMOpbGxv"],
    ['base64decode("aMOpbGxv")', "héllo"],
    [String.raw`csvdecode("a,b\n1,\"x\"\"y\"\n")`, [{ a: "1", b: 'x"y' }]],
    [`jsondecode("{\\"a\\": [1, null, true]}").a`, [1, "", true]],
    ['jsonencode({ b = [1, "<"], a = null })', '{"a":null,"b":[1,"\\u003c"]}'],
    ['urlencode("a b/ü!")', "a+b%2F%C3%BC%21"],
    ['yamlencode({ a = [1, { b = "x" }], c = {} })', '"a":\n- 1\n- "b": "x"\n"c": {}\n'],
  ]);
  refuses([
    ['base64decode("%")', /no base64/],
    ['base64decode("/w==")', /no text in UTF-8/],
    ['jsondecode("{")', /no JSON/],
    [`jsondecode(${JSON.stringify("[".repeat(100) + "]".repeat(100))})`, /nests deeper/],
    [String.raw`csvdecode("a,b\n1\n")`, /has 1 columns, not 2/],
  ]);

  test("what is encoded is decoded as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const literal = JSON.stringify(text).replaceAll("${", "$${").replaceAll("%{", "%%{");
        assert.equal(valueOfExpression(`base64decode(base64encode(${literal}))`), text);
        assert.equal(valueOfExpression(`jsondecode(jsonencode(${literal}))`), text);
      }),
    );
  });
});

describe("digests and identifiers", () => {
  comesTo([
    ['md5("a")', "0cc175b9c0f1b6a831c399e269772661"],
    ['sha1("a")', "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"],
    ['sha256("a")', "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"],
    ['substr(sha512("a"), 0, 8)', "1f40fc92"],
    ["uuidv4()", "07070707-0707-4707-8707-070707070707"],
    ['uuidv5("dns", "example.com")', "cfbff0d1-9375-5685-968c-48ce8b15ae17"],
  ]);
  refuses([['uuidv5("x", "y")', /a namespace is dns, url/]]);
});

describe("times", () => {
  comesTo([
    [
      'formatdate("EEEE, DD MMM YYYY HH:mm AA ZZZ \'at\'", "2030-01-31T13:05:09Z")',
      "Thursday, 31 Jan 2030 01:05 PM UTC at",
    ],
    ['formatdate("YY/M/D h:m:s Z", "2030-01-31T03:05:09+02:00")', "30/1/31 3:5:9 +02:00"],
    ['timeadd("2030-01-31T12:00:00Z", "36h")', "2030-02-02T00:00:00Z"],
    ['timeadd("2030-01-31T12:00:00+01:00", "-1m")', "2030-01-31T11:59:00+01:00"],
  ]);
  refuses([
    ['timeadd("2030-02-30T12:00:00Z", "1h")', /a time such as/],
    ['timeadd("2030-01-31T12:00:00Z", "soon")', /invalid duration/],
    ['formatdate("bb", "2030-01-31T12:00:00Z")', /"bb" is no part of a time/],
  ]);
});

describe("networks", () => {
  comesTo([
    ['cidrhost("10.1.0.0/16", 258)', "10.1.1.2"],
    ['cidrhost("10.1.0.0/16", -2)', "10.1.255.254"],
    ['cidrhost("fd00::/64", 5)', "fd00::5"],
    ['cidrnetmask("172.16.0.0/12")', "255.240.0.0"],
    ['cidrsubnet("10.0.0.0/8", 8, 2)', "10.2.0.0/16"],
    ['cidrsubnet("fd00::/48", 16, 162)', "fd00:0:0:a2::/64"],
    ['cidrsubnets("10.1.0.0/16", 4, 8, 4)', ["10.1.0.0/20", "10.1.16.0/24", "10.1.32.0/20"]],
  ]);
  refuses([
    ['cidrhost("10.0.0.0/33", 1)', /a network such as/],
    ['cidrhost("10.0.0.0/30", 4)', /has no host 4/],
    ['cidrhost("10.0.0.0/30", 1.5)', /a whole number/],
    ['cidrnetmask("fd00::/8")', /only IPv4/],
  ]);
});

const files = {
  kind: (path: string) =>
    ({ "a.txt": "file", d: "directory", "d/b.txt": "file", "d/e": "directory", "d/e/c.txt": "file" })[path] as
      | "file"
      | undefined,
  read: (path: string) => Buffer.from(`<${path}>`),
  list: (path: string) => ({ d: ["b.txt", "e"], "d/e": ["c.txt"] })[path] ?? [],
  absolute: (path: string) => `/home/ann/${path}`,
  home: "/home/ann",
};

describe("files", () => {
  comesTo(
    [
      ['abspath("a")', "/home/ann/a"],
      ['basename("a/b.c")', "b.c"],
      ['dirname("a/b.c")', "a"],
      ['file("a.txt")', "<a.txt>"],
      ['filebase64("a.txt")', "PGEudHh0Pg=="],
      ['fileexists("b.txt")', false],
      ['fileset("d", "**/*.txt")', ["b.txt", "e/c.txt"]],
      ['fileset("d", "{b,x}.t?t")', ["b.txt"]],
      ['pathexpand("~/x")', "/home/ann/x"],
    ],
    { host: { files } },
  );
  refuses(
    [
      ['file("none")', /there is no file "none"/],
      ['file("d")', /it is a directory/],
    ],
    { host: { files } },
  );
  const shut = () => {
    throw new Error("permission denied");
  };
  refuses(
    [
      ['file("a.txt")', /"a.txt" cannot be read: permission denied/],
      ['fileexists("a.txt")', /"a.txt" cannot be read: permission denied/],
      ['fileset("d", "*")', /"d" cannot be read: permission denied/],
    ],
    { host: { files: { ...files, kind: shut } } },
  );
  refuses([['fileset("d", "*")', /"d" cannot be read: permission denied/]], {
    host: { files: { ...files, list: shut } },
  });
  refuses([['file("a.txt")', /"a.txt" cannot be read: permission denied/]], {
    host: { files: { ...files, read: shut } },
  });
  refuses([
    ['file("a.txt")', /files are not read for a job file/],
    ['fileexists("a.txt")', /files are not read for a job file/],
    ['fileset(".", "*")', /files are not read for a job file/],
    ['abspath(".")', /files are not read for a job file/],
  ]);
});

test("every function has been tried", () => {
  assert.deepEqual(
    [...allFunctions.keys()].filter((name) => !tried.has(name)),
    [],
  );
});
