import assert from "node:assert";
import { test } from "node:test";
import { constraint } from "./constraint.ts";
import { constraintCheck, constraintText, looksAtUnique } from "./constraint-check.ts";
import { node } from "./node.ts";

const machine = node.parse({
  ID: "4a1c",
  Name: "web-1",
  Datacenter: "dc1",
  NodeClass: "gpu",
  Attributes: { "kernel.name": "linux", "kernel.version": "4.19.0-8", empty: "", cores: "10" },
  Meta: { rack: "r1", kernel: "linux" },
});

function isMet(LTarget: string, Operand: string, RTarget: string): boolean {
  return constraintCheck(constraint.parse({ LTarget, Operand, RTarget }))(machine);
}

test("operands compare what the targets stand for", () => {
  const cases: [string, string, string, boolean][] = [
    ["${attr.kernel.name}", "=", "linux", true],
    ["${attr.kernel.name}", "==", "linux", true],
    ["${attr.kernel.name}", "is", "windows", false],
    ["${attr.kernel.name}", "!=", "windows", true],
    ["${attr.kernel.name}", "not", "linux", false],
    ["${attr.kernel.name}", "=", "${meta.kernel}", true],
    ["linux", "=", "linux", true],
    ["${node.unique.id}", "=", "4a1c", true],
    ["${node.unique.name}", "=", "web-1", true],
    ["${node.datacenter}", "=", "dc1", true],
    ["${node.class}", "=", "gpu", true],
    ["${attr.empty}", "=", "", true],
    ["${attr.kernel.version}", "version", ">= 4.1, < 5", true],
    ["${attr.kernel.version}", "version", "> 4.19.0", false],
    ["${attr.kernel.version}", "version", "nonsense", false],
    ["${attr.kernel.version}", "regexp", "^4\\.[0-9]+", true],
    ["${attr.kernel.version}", "regexp", "(", false],
    ["${meta.rack}", "distinct_hosts", "", true],
    ["${meta.nothing}", "distinct_hosts", "", true],
    ["a", "resembles", "a", false],
  ];
  for (const [left, operand, right, expected] of cases) {
    assert.equal(isMet(left, operand, right), expected, `${left} ${operand} ${right}`);
  }
});

test("order is that of text, not of numbers", () => {
  assert.equal(isMet("${attr.cores}", "<", "9"), true);
  assert.equal(isMet("${attr.cores}", ">=", "9"), false);
  assert.equal(isMet("b", ">", "a"), true);
  assert.equal(isMet("a", "<=", "a"), true);
});

test("what a node does not have meets nothing, not even that it is different", () => {
  for (const target of [
    "${attr.gpu}",
    "${meta.gpu}",
    "${node.colour}",
    "${env.HOME}",
    "${attr.constructor}",
    "${meta.__proto__}",
  ]) {
    assert.equal(isMet(target, "!=", "x"), false, target);
    assert.equal(isMet("x", "!=", target), false, target);
  }
});

test("only a whole target is looked up", () => {
  assert.equal(isMet("is ${attr.kernel.name}", "=", "is ${attr.kernel.name}"), true);
});

test("a constraint on what is unique to a node is told from others", () => {
  const looks = (LTarget: string, RTarget = "") => looksAtUnique(constraint.parse({ LTarget, Operand: "=", RTarget }));
  assert.deepEqual(
    ["${node.unique.id}", "${attr.unique.hostname}", "${meta.unique.serial}"].map((target) => looks(target)),
    [true, true, true],
  );
  assert.deepEqual(
    ["${attr.kernel.name}", "${node.class}", "unique", "${attr.x.unique.}"].map((target) => looks(target)),
    [false, false, false, false],
  );
  assert.equal(looks("a", "${meta.unique.serial}"), true);
});

test("a constraint is shown with its operand in the middle", () => {
  assert.equal(constraintText({ LTarget: "${attr.arch}", Operand: "=", RTarget: "arm" }), "${attr.arch} = arm");
});
