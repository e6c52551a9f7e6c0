import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { booleanFlag, integerFlag, listFlag, parseGoBoolean, parseGoFlags, textFlag } from "./go-flags.ts";

const declared = {
  verbose: booleanFlag(),
  diff: booleanFlag(true),
  n: integerFlag(-1),
  t: textFlag(),
  config: listFlag(),
};

function values(...args: string[]) {
  const parsed = parseGoFlags(declared, args);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return { ...parsed.values, positionals: parsed.positionals };
}

function refusal(...args: string[]) {
  const parsed = parseGoFlags(declared, args);
  assert.ok(!parsed.ok);
  return parsed.reason;
}

test("one or two dashes, and a value after an equals sign or as the next token, are the same", () => {
  for (const args of [["-t=x"], ["--t=x"], ["-t", "x"], ["--t", "x"]]) assert.equal(values(...args).t, "x");
  assert.equal(values("-t=a=b").t, "a=b");
  assert.equal(values("-t=").t, "");
  assert.equal(values("-t", "-verbose").t, "-verbose");
});

test("a boolean takes a value only after an equals sign", () => {
  assert.equal(values("-verbose").verbose, true);
  assert.equal(values("-diff=false").diff, false);
  assert.equal(values("-diff=F").diff, false);
  assert.deepEqual(values("-verbose", "false").positionals, ["false"]);
  assert.equal(refusal("-verbose=maybe"), 'invalid boolean value "maybe" for -verbose: parse error');
});

test("integers tell their base by their beginning", () => {
  const cases: [string, number][] = [
    ["10", 10],
    ["0x10", 16],
    ["010", 8],
    ["-3", -3],
    ["+3", 3],
    ["0", 0],
    ["-0", 0],
    ["0b11", 3],
    ["0o17", 15],
  ];
  for (const [text, expected] of cases) assert.equal(values("-n", text).n, expected, text);
  for (const text of ["", "1.5", "1e3", "09", "x", "99999999999999999999"]) {
    assert.equal(refusal(`-n=${text}`), `invalid value "${text}" for flag -n: parse error`);
  }
});

test("flags end at the first token that is none, or at two dashes", () => {
  assert.deepEqual(values("web", "-verbose"), { ...values(), positionals: ["web", "-verbose"] });
  assert.deepEqual(values("-verbose", "--", "-n").positionals, ["-n"]);
  assert.deepEqual(values("-").positionals, ["-"]);
});

test("a flag given twice keeps the last value, a list keeps all", () => {
  assert.equal(values("-t", "a", "-t", "b").t, "b");
  assert.deepEqual(values("-config", "a", "-config=b").config, ["a", "b"]);
});

test("what cannot be read is refused in Go's words", () => {
  assert.equal(refusal("-bogus"), "flag provided but not defined: -bogus");
  assert.equal(refusal("-constructor"), "flag provided but not defined: -constructor");
  assert.equal(refusal("-t"), "flag needs an argument: -t");
  assert.equal(refusal("---t"), "bad flag syntax: ---t");
  assert.equal(refusal("-=x"), "bad flag syntax: -=x");
});

test("help is asked for by -h and -help", () => {
  for (const token of ["-h", "-help", "--help"]) {
    const parsed = parseGoFlags(declared, [token]);
    assert.deepEqual(parsed, { ok: false, helpWanted: true, reason: "flag: help requested" });
  }
});

test("it is known which flags were given", () => {
  const parsed = parseGoFlags(declared, ["-diff", "-n=1"]);
  assert.ok(parsed.ok);
  assert.deepEqual([...parsed.given], ["diff", "n"]);
});

test("nothing on a command line makes the parser fail, and positionals are its unread end", () => {
  const token = fc.oneof(fc.string(), fc.constantFrom("-t", "-n", "-n=3", "-verbose", "--", "-", "-h", "-t=x", "web"));
  fc.assert(
    fc.property(fc.array(token, { maxLength: 8 }), (args) => {
      const parsed = parseGoFlags(declared, args);
      if (parsed.ok) assert.deepEqual(parsed.positionals, args.slice(args.length - parsed.positionals.length));
    }),
  );
});

test("what stands before positionals does not depend on what follows them", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 4 }), (after) => {
      const parsed = parseGoFlags(declared, ["-n=7", "web", ...after]);
      assert.ok(parsed.ok);
      assert.equal(parsed.values.n, 7);
      assert.deepEqual(parsed.positionals, ["web", ...after]);
    }),
  );
});

test("booleans are the twelve words that Go knows", () => {
  for (const text of ["1", "t", "T", "TRUE", "true", "True"]) assert.equal(parseGoBoolean(text), true);
  for (const text of ["0", "f", "F", "FALSE", "false", "False"]) assert.equal(parseGoBoolean(text), false);
  for (const text of ["", "yes", "tRUE", " true"]) assert.equal(parseGoBoolean(text), undefined);
});
