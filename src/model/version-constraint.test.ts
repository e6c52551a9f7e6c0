import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { semverConstraint, versionConstraint } from "./version-constraint.ts";

function meets(version: string, condition: string, read = versionConstraint): boolean {
  const constraint = read(condition);
  assert.ok(constraint, condition);
  return constraint(version);
}

function hold(cases: readonly (readonly [string, string, boolean])[], read = versionConstraint): void {
  for (const [version, condition, expected] of cases) {
    assert.equal(meets(version, condition, read), expected, `${version} ${condition}`);
  }
}

test("conditions on versions hold by number, not by text", () => {
  hold([
    ["1.10", "> 1.9", true],
    ["1.9", "> 1.10", false],
    ["1.2.0", "= 1.2", true],
    ["v1.2", "1.2.0", true],
    ["1.2.3", "!= 1.2.3", false],
    ["1.2.3", ">= 1.2, < 1.3", true],
    ["1.3.0", ">= 1.2, < 1.3", false],
    ["2.0.0", "<= 2", true],
    ["1.2.3", ">=1.2,<1.3", true],
    ["1.2.3", "~>1.2", true],
  ]);
});

test("the pessimistic operator pins all numbers but the last", () => {
  hold([
    ["1.4.9", "~> 1.4.2", true],
    ["1.5.0", "~> 1.4.2", false],
    ["1.4.1", "~> 1.4.2", false],
    ["1.9", "~> 1.4", true],
    ["2.0", "~> 1.4", false],
    ["9", "~> 1", true],
  ]);
});

test("ranges are met by releases, and by a prerelease only where it is named", () => {
  hold([
    ["6.18.44-fc-v769", ">= 3.16", false],
    ["1.3.0-beta1", ">= 0.6.1", false],
    ["1.3.0beta1", ">= 0.6.1", false],
    ["1.3.0-beta1", "< 2", false],
    ["1.7.0-rc1", ">= 1.6.0-beta1", false],
    ["1.6.0-rc1", ">= 1.6.0-beta1", true],
    ["1.6.0-alpha", ">= 1.6.0-beta1", false],
    ["1.6-rc1", "> 1.6.0-beta1, <= 1.6.0-rc1", true],
    ["1.6.0", ">= 1.6.0-beta1", true],
    ["1.3.0-beta1", "= 1.3.0-beta1", true],
    ["1.3.0-beta1", "!= 1.3.0", true],
    ["1.4.2-rc1", "~> 1.4", false],
    ["1.4.2-rc2", "~> 1.4.2-rc1", true],
    ["1.4.2", "~> 1.4.2-rc1", false],
  ]);
});

test("in the order of Semantic Versioning a prerelease is a version like another", () => {
  hold(
    [
      ["6.18.44-fc-v769", ">= 3.16", true],
      ["1.3.0-beta1", ">= 0.6.1", true],
      ["1.7.0-rc1", ">= 1.6.0-beta1", true],
      ["1.3.0-beta1", ">= 1.3.0", false],
      ["1.3.0-beta1", "< 1.3", true],
      ["1.3.0-beta1+ent", "= 1.3.0-beta1", true],
      ["1.2.3", ">= 1.0, < 1.4", true],
      ["1.4", ">= 1.0, < 1.4", false],
      ["v1.2.3", "1.2.3", true],
      ["1.3.0beta1", ">= 0", false],
    ],
    semverConstraint,
  );
});

test("Semantic Versioning knows no pessimistic operator", () => {
  assert.equal(semverConstraint("~> 1.0"), undefined);
  assert.equal(semverConstraint(">= 1.0beta"), undefined);
});

test("a prerelease comes before its release, numbers in it before words, metadata nowhere", () => {
  const ascending = ["1-1", "1-2", "1-10", `1-${"9".repeat(400)}`, "1-alpha", "1-alpha.1", "1-beta", "1"];
  for (const [at, version] of ascending.entries()) {
    for (const earlier of ascending.slice(0, at)) {
      assert.ok(meets(version, `> ${earlier}`), `${version} > ${earlier}`);
      assert.ok(meets(earlier, `< ${version}`, semverConstraint), `${earlier} < ${version}`);
    }
  }
  assert.ok(meets("1.0.0+build.7", "= 1.0.0"));
});

test("what is no version meets nothing, what is no condition is refused", () => {
  for (const version of ["", "latest", "1.", "1..2", "1.2 ", "9".repeat(2000), "9".repeat(20)]) {
    assert.equal(meets(version, ">= 0"), false, version);
  }
  for (const condition of ["", ">", "> x", ">> 1", "> 1,", "1 2", "9".repeat(2000)]) {
    assert.equal(versionConstraint(condition), undefined, condition);
  }
});

const version = fc
  .record({
    numbers: fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }),
    prerelease: fc.constantFrom("", "", "-1", "-beta", "-beta.2"),
  })
  .map(({ numbers, prerelease }) => numbers.join(".") + prerelease);

test("of two versions one is below, the same or above", () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      const met = ["<", "=", ">"].filter((operator) => meets(a, `${operator} ${b}`, semverConstraint));
      assert.equal(met.length, 1);
      assert.equal(meets(a, `>= ${b}`, semverConstraint), met[0] !== "<");
      assert.equal(meets(a, `<= ${b}`, semverConstraint), met[0] !== ">");
      assert.equal(meets(a, `!= ${b}`, semverConstraint), met[0] !== "=");
    }),
  );
});

test("what meets a range of releases meets it in the order of Semantic Versioning too", () => {
  fc.assert(
    fc.property(version, version, fc.constantFrom("=", "!=", "<", "<=", ">", ">="), (a, b, operator) => {
      if (meets(a, `${operator} ${b}`)) assert.ok(meets(a, `${operator} ${b}`, semverConstraint));
    }),
  );
});
