import assert from "node:assert";
import { test } from "node:test";
import { type Constraint, constraint } from "./constraint.ts";
import { constraintOperators } from "./constraint-check.ts";
import { constraintProblems, problemsOfConstraint, taskConstraintProblems } from "./constraint-validation.ts";

const rack = "${meta.rack}";
const of = (LTarget: string, Operand: string, RTarget = ""): Constraint =>
  constraint.parse({ LTarget, Operand, RTarget });
const messages = (one: Constraint) => problemsOfConstraint(one).map(({ message }) => message);

test("every operator is fine with the sides it needs", () => {
  const right = new Map([
    ["version", ">= 1.2, < 2"],
    ["semver", ">= 1.2.0-beta"],
    ["distinct_hosts", ""],
    ["distinct_property", "2"],
    ["is_set", ""],
    ["is_not_set", ""],
  ]);
  for (const operator of constraintOperators) {
    assert.deepEqual(messages(of(rack, operator, right.get(operator) ?? "a")), [], operator);
  }
  for (const operator of ["version", "semver", "regexp", "set_contains"]) {
    assert.deepEqual(messages(of(rack, operator, "${meta.wanted-rack}")), [], operator);
  }
  assert.deepEqual(messages(of(rack, "distinct_property")), []);
  assert.deepEqual(messages(of("", "distinct_hosts", "true")), []);
});

test("a constraint is told what it lacks, and what cannot be read", () => {
  const cases: [Constraint, ...string[]][] = [
    [of(rack, ""), "Missing constraint operand"],
    [of(rack, "like", "a"), 'Unknown constraint type "like"'],
    [of(rack, "="), 'Operator "=" requires an RTarget'],
    [of(rack, ">="), 'Operator ">=" requires an RTarget'],
    [of("", "!=", "a"), "No LTarget provided but is required by constraint"],
    [of("", "="), 'Operator "=" requires an RTarget', "No LTarget provided but is required by constraint"],
    [of(rack, "is_set", "yes"), 'Operator "is_set" does not support an RTarget'],
    [of(rack, "set_contains_any"), "Set contains constraint requires an RTarget"],
    [of(rack, "regexp", "("), "Regular expression failed to compile: error parsing regexp: invalid or too large: `(`"],
    [of(rack, "version", "abc"), "Version constraint is invalid: Malformed constraint: abc"],
    [of(rack, "semver", "~> 1.2"), "Semver constraint is invalid: Malformed constraint: ~> 1.2"],
  ];
  for (const [one, ...expected] of cases) assert.deepEqual(messages(one), expected);
});

test("a distinct property allows one allocation or more", () => {
  for (const count of ["0", "-1", "1.5", "two", " 1", "9".repeat(30)]) {
    const message = `Distinct Property must have an allowed count of 1 or greater; got ${JSON.stringify(count)}`;
    assert.deepEqual(messages(of(rack, "distinct_property", count)), [message]);
  }
});

test("a problem names the part of the constraint it is about", () => {
  const parts = (one: Constraint) => problemsOfConstraint(one).map(({ part }) => part);
  assert.deepEqual(parts(of(rack, "like")), ["Operand"]);
  assert.deepEqual(parts(of("", "=")), ["RTarget", "LTarget"]);
});

test("what compares allocations has no place in a task", () => {
  const all = [of(rack, "=", "a"), of("", "distinct_hosts"), of(rack, "distinct_property", "2")];
  assert.deepEqual(constraintProblems(all), []);
  assert.deepEqual(taskConstraintProblems(all), [
    "Constraint 2 has disallowed Operand at task level: distinct_hosts",
    "Constraint 3 has disallowed Operand at task level: distinct_property",
  ]);
});
