import assert from "node:assert";
import { test } from "node:test";
import { checkKeys, namedBlocksOf, onlyBlockOf, readFields, stringMapOf } from "./decode.ts";
import { renderDiagnostic } from "./diagnostic.ts";
import { HCLError, within } from "./hcl-error.ts";
import { parseHCL } from "./parse-hcl.ts";
import { asBoolean, asDuration, asInteger, asString, asStrings } from "./weak-values.ts";

const parse = (text: string) => parseHCL(text, "test.hcl");

test("values are read as what their key wants", () => {
  const body = parse(
    'count = "0x10" name = 1.50 on = "t" off = 0 wait = "1m30s" bare = 250 list = "one" list = [2, "x"]',
  );
  const values = readFields(body, {
    count: ["Count", asInteger],
    name: asString,
    on: asBoolean,
    off: asBoolean,
    wait: asDuration,
    bare: asDuration,
    list: asStrings,
    absent: asString,
  });
  assert.deepEqual(values, {
    count: 16,
    name: "1.5",
    on: true,
    off: false,
    wait: 90e9,
    bare: 250,
    list: ["one", "2", "x"],
  });
});

test("a boolean where a string is wanted becomes 1 or 0", () => {
  assert.deepEqual(stringMapOf(parse('env { A = true B = false C = 4 } env { C = "five" }'), "env"), {
    A: "1",
    B: "0",
    C: "five",
  });
});

test("all values that do not fit are named, in Nomad's words and order", () => {
  const body = parse('priority = "high"\ncount = "abc"\nwait = "10"\nname = ["x"]\nall {}\non = "maybe"');
  const read = () =>
    readFields(body, {
      priority: ["Priority", asInteger],
      count: ["Count", asInteger],
      wait: ["Wait", asDuration],
      name: ["Name", asString],
      all: ["all_at_once", asBoolean],
      on: ["On", asBoolean],
    });
  assert.throws(read, {
    message: [
      "6 error(s) decoding:\n",
      "* 'Name' expected type 'string', got unconvertible type '[]interface {}'",
      "* 'all_at_once' expected type 'bool', got unconvertible type '[]map[string]interface {}'",
      `* cannot parse 'Count' as int: strconv.ParseInt: parsing "abc": invalid syntax`,
      `* cannot parse 'On' as bool: strconv.ParseBool: parsing "maybe": invalid syntax`,
      `* cannot parse 'Priority' as int: strconv.ParseInt: parsing "high": invalid syntax`,
      `* error decoding 'Wait': time: missing unit in duration "10"`,
    ].join("\n"),
  });
});

test("unknown keys are named all at once, with their path, their place and what was meant", () => {
  const body = parse('regon = "x"\nfoo = 1\ntype = "batch"');
  const check = () => within("job:", () => checkKeys(body, ["region", "type"]));
  assert.throws(check, { message: "2 error(s) occurred:\n\n* job: invalid key: regon\n* job: invalid key: foo" });
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof HCLError);
    const [first, second] = error.diagnostics.map(renderDiagnostic);
    assert.equal(first, 'test.hcl:1:1: job: invalid key: regon\n  1 | regon = "x"\n    | ^\n  Did you mean "region"?');
    assert.equal(second, "test.hcl:2:1: job: invalid key: foo\n  2 | foo = 1\n    | ^\n  Known here: region, type");
  }
});

test("a prefix goes before each problem of a list, but before the whole of anything else", () => {
  const body = parse("a {} a {}");
  assert.throws(() => within("b ->", () => onlyBlockOf(body, "a", "only one 'a' block allowed")), {
    message: "b -> only one 'a' block allowed",
  });
});

test("named blocks are found by label in text and by key in JSON; those without a name are ignored", () => {
  const names = (text: string) => namedBlocksOf(parse(text), "group").map((block) => block.name);
  assert.deepEqual(names('group "web" {} group {} group "db" "extra" {}'), ["web", "db"]);
  assert.deepEqual(names('{"group": {"web": {}, "db": {}}}'), ["web", "db"]);
  assert.deepEqual(names('{"group": [{"web": {}}, {"db": [{}]}]}'), ["web", "db"]);
  assert.deepEqual(names('{"group": []}'), []);
});

test("a value where a block belongs is refused", () => {
  assert.throws(() => namedBlocksOf(parse("group = 5"), "group"), { message: "'group' should be an object" });
});
