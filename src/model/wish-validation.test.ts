import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { type Affinity, affinity, type Spread, spread } from "./constraint.ts";
import { wishProblems } from "./wish-validation.ts";

const arm = { LTarget: "${attr.arch}", Operand: "=", RTarget: "arm" };

/** The problems of one affinity, without the heading. */
const ofAffinity = (fields: object) => linesOf([affinity.parse({ ...arm, ...fields })], []);
const ofSpread = (fields: object) => linesOf([], [spread.parse({ Attribute: "${node.datacenter}", ...fields })]);

function linesOf(Affinities: readonly Affinity[], Spreads: readonly Spread[]): string[] {
  const lines = wishProblems({ Affinities, Spreads }, "service").flatMap((problem) => problem.split("\n"));
  return lines.flatMap((line) => (line.startsWith("* ") ? [line.slice(2)] : []));
}

test("an affinity weighs 50 unless it says otherwise, and so does a spread", () => {
  assert.deepEqual([affinity.parse(arm).Weight, spread.parse({ Attribute: "a" }).Weight], [50, 50]);
  assert.deepEqual(
    [affinity.parse({ ...arm, Weight: null }).Weight, affinity.parse({ ...arm, Weight: 0 }).Weight],
    [50, 0],
  );
});

test("the weight of an affinity is from -100 to 100, and not 0", () => {
  for (const Weight of [-100, -1, 1, 100]) assert.deepEqual(ofAffinity({ Weight }), []);
  assert.deepEqual(ofAffinity({ Weight: 0 }), ["Affinity weight cannot be zero"]);
  assert.deepEqual(ofAffinity({ Weight: 101 }), ["Affinity weight must be between [-100, 100]; got 101"]);
  assert.deepEqual(ofAffinity({ Weight: -101 }), ["Affinity weight must be between [-100, 100]; got -101"]);
});

test("an affinity compares as a constraint does, but what all nodes meet or none is no preference", () => {
  for (const Operand of ["=", "==", "is", "!=", "not", "<", "<=", ">", ">=", "set_contains", "set_contains_any"])
    assert.deepEqual(ofAffinity({ Operand }), []);
  assert.deepEqual(ofAffinity({ Operand: "regexp", RTarget: "^a" }), []);
  assert.deepEqual(ofAffinity({ Operand: "semver", RTarget: ">= 1.2.0-beta" }), []);
  assert.deepEqual(ofAffinity({ Operand: "version", RTarget: ">= 1.2" }), []);
  assert.match(ofAffinity({ Operand: "regexp", RTarget: "(" })[0] ?? "", /Regular expression failed to compile/);
  assert.deepEqual(ofAffinity({ RTarget: "" }), ['Operator "=" requires an RTarget']);
  assert.match(ofAffinity({ Operand: "version", RTarget: "x" })[0] ?? "", /Version constraint is invalid/);
  assert.deepEqual(ofAffinity({ Operand: "" }), ["Missing affinity operand"]);
  assert.deepEqual(ofAffinity({ Operand: "like" }), ['Unknown affinity operator "like"']);
  for (const Operand of ["distinct_hosts", "distinct_property", "is_set", "is_not_set"]) {
    assert.deepEqual(ofAffinity({ Operand }), [`Operator "${Operand}" is for constraints only`]);
  }
});

test("a spread has an attribute, and a weight from 1 to 100", () => {
  for (const Weight of [1, 100]) assert.deepEqual(ofSpread({ Weight }), []);
  assert.deepEqual(ofSpread({ Attribute: "" }), ["Missing spread attribute"]);
  for (const Weight of [0, -1, 101]) {
    assert.deepEqual(ofSpread({ Weight }), [`Spread weight must be between [1, 100]; got ${Weight}`]);
  }
});

test("a target of a spread is named once, with a percent from 0 to 100", () => {
  const SpreadTarget = [
    { Value: "dc1", Percent: -1 },
    { Value: "dc2", Percent: 101 },
    { Value: "dc1", Percent: 0 },
  ];
  assert.deepEqual(ofSpread({ SpreadTarget }), [
    'Percent of spread target "dc1" must be between [0, 100]; got -1',
    'Percent of spread target "dc2" must be between [0, 100]; got 101',
    'Spread target "dc1" defined more than once',
  ]);
});

test("the percents of a spread's targets are accepted if they are 100 together or less", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 5 }), (percents) => {
      const sum = percents.reduce((total, percent) => total + percent, 0);
      const SpreadTarget = percents.map((Percent, at) => ({ Value: `dc${at}`, Percent }));
      const expected = [`Percents of spread targets must not be more than 100 together; got ${sum}`];
      assert.deepEqual(ofSpread({ SpreadTarget }), sum > 100 ? expected : []);
    }),
  );
});

test("system jobs wish for nothing: they run on every node anyway", () => {
  const wishes = { Affinities: [affinity.parse(arm)], Spreads: [spread.parse({ Attribute: "a" })] };
  assert.deepEqual(wishProblems(wishes, "system"), [
    "System jobs may not have an affinity block",
    "System jobs may not have a spread block",
  ]);
  assert.deepEqual(wishProblems(wishes, "batch"), []);
});
