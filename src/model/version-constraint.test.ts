import assert from "node:assert";
import { test } from "node:test";
import { versionConstraint } from "./version-constraint.ts";

function meets(version: string, condition: string): boolean {
  const constraint = versionConstraint(condition);
  assert.ok(constraint, condition);
  return constraint(version);
}

test("conditions on versions hold by number, not by text", () => {
  const cases: [string, string, boolean][] = [
    ["1.10", "> 1.9", true],
    ["1.9", "> 1.10", false],
    ["1.2.0", "= 1.2", true],
    ["v1.2", "1.2.0", true],
    ["1.2.3", "!= 1.2.3", false],
    ["1.2.3", ">= 1.2, < 1.3", true],
    ["1.3.0", ">= 1.2, < 1.3", false],
    ["6.18.44-fc-v769", ">= 3.16", true],
    ["2.0.0", "<= 2", true],
    ["1.2.3", ">=1.2,<1.3", true],
    ["1.2.3", "~>1.2", true],
  ];
  for (const [version, condition, expected] of cases) {
    assert.equal(meets(version, condition), expected, `${version} ${condition}`);
  }
});

test("the pessimistic operator pins all numbers but the last", () => {
  const cases: [string, string, boolean][] = [
    ["1.4.9", "~> 1.4.2", true],
    ["1.5.0", "~> 1.4.2", false],
    ["1.4.1", "~> 1.4.2", false],
    ["1.9", "~> 1.4", true],
    ["2.0", "~> 1.4", false],
    ["9", "~> 1", true],
  ];
  for (const [version, condition, expected] of cases) {
    assert.equal(meets(version, condition), expected, `${version} ${condition}`);
  }
});

test("a prerelease comes before its release, numbers in it before words, metadata nowhere", () => {
  const ascending = ["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0"];
  for (const [at, version] of ascending.entries()) {
    for (const earlier of ascending.slice(0, at)) assert.ok(meets(version, `> ${earlier}`), `${version} > ${earlier}`);
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
