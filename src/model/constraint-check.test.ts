import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import { constraint } from "./constraint.ts";
import { constraintCheck, constraintOperators, constraintText, looksAtUnique } from "./constraint-check.ts";
import { node } from "./node.ts";

const machine = node.parse({
  ID: "4a1c",
  Name: "web-1",
  Datacenter: "dc1",
  NodeClass: "gpu",
  Attributes: { "kernel.name": "linux", "kernel.version": "4.19.0-8", empty: "", cores: "10", cpus: "1, 2,4 " },
  Meta: { rack: "r1", kernel: "linux", version: "1.4.2" },
});

function isMet(LTarget: string, Operand: string, RTarget = ""): boolean {
  return constraintCheck(constraint.parse({ LTarget, Operand, RTarget }))(machine);
}

function holds(cases: readonly (readonly [string, string, string, boolean])[]): void {
  for (const [left, operator, right, expected] of cases) {
    assert.equal(isMet(left, operator, right), expected, `${left} ${operator} ${right}`);
  }
}

test("equal is the same text, whichever sides are looked up", () => {
  holds([
    ["${attr.kernel.name}", "=", "linux", true],
    ["${attr.kernel.name}", "==", "linux", true],
    ["${attr.kernel.name}", "is", "windows", false],
    ["${attr.kernel.name}", "=", "${meta.kernel}", true],
    ["linux", "=", "linux", true],
    ["${node.class}", "=", "gpu", true],
    ["${node.pool}", "=", "default", true],
    ["${attr.empty}", "=", "", true],
    ["${attr.cores}", "=", "10.0", false],
  ]);
});

test("what differs or is missing is not equal", () => {
  holds([
    ["${attr.kernel.name}", "!=", "windows", true],
    ["${attr.kernel.name}", "not", "linux", false],
    ["${meta.gpu}", "!=", "x", true],
    ["${meta.gpu}", "not", "", true],
    ["x", "!=", "${meta.gpu}", true],
    ["${meta.gpu}", "!=", "${meta.gpu}", true],
  ]);
});

test("numbers go by value and other texts by bytes", () => {
  holds([
    ["${attr.cores}", ">", "9", true],
    ["${attr.cores}", ">=", "10.0", true],
    ["${attr.cores}", "<", "9.5", false],
    ["${attr.cores}", "<=", "1e1", true],
    ["${attr.cores}", "<", "9 cores", true],
    ["b", ">", "a", true],
    ["a", "<=", "a", true],
  ]);
});

test("versions meet conditions, prereleases in ranges only where they are named", () => {
  holds([
    ["${meta.version}", "version", ">= 1.4, < 2", true],
    ["${meta.version}", "version", "> 1.4.2", false],
    ["${meta.version}", "version", "nonsense", false],
    ["${attr.kernel.name}", "version", ">= 0", false],
    ["${attr.kernel.version}", "version", ">= 4.1", false],
    ["${attr.kernel.version}", "version", ">= 4.19.0-1", true],
    ["${attr.kernel.version}", "semver", ">= 4.1, < 5", true],
    ["${attr.kernel.version}", "semver", "~> 4.1", false],
  ]);
});

test("an expression is looked for anywhere in the left side", () => {
  holds([
    ["${attr.kernel.version}", "regexp", "^4\\.[0-9]+", true],
    ["${attr.kernel.version}", "regexp", "19", true],
    ["${attr.kernel.version}", "regexp", "^19", false],
    ["${attr.kernel.version}", "regexp", "(", false],
  ]);
});

test("a set is what stands between commas", () => {
  holds([
    ["${attr.cpus}", "set_contains", "4, 1", true],
    ["${attr.cpus}", "set_contains_all", "1,2,4", true],
    ["${attr.cpus}", "set_contains", "1,3", false],
    ["${attr.cpus}", "set_contains_any", "3,4", true],
    ["${attr.cpus}", "set_contains_any", "3,14", false],
    ["${attr.cpus}", "set_contains", "1, 2,4 ", true],
    ["linux,windows", "set_contains", "${attr.kernel.name}", true],
    ["${attr.empty}", "set_contains_any", "a", false],
  ]);
});

test("set is what the node has, be it empty", () => {
  holds([
    ["${attr.empty}", "is_set", "", true],
    ["${attr.empty}", "is_not_set", "", false],
    ["${meta.gpu}", "is_set", "", false],
    ["${meta.gpu}", "is_not_set", "", true],
    ["${node.colour}", "is_not_set", "", true],
  ]);
});

test("what a node does not have meets only that it is different or not set", () => {
  const metByNothing = new Set(["!=", "not", "is_not_set", "distinct_hosts", "distinct_property"]);
  for (const operator of constraintOperators) {
    for (const target of ["${attr.gpu}", "${node.colour}", "${env.HOME}", "${meta.__proto__}"]) {
      assert.equal(isMet(target, operator, "x"), metByNothing.has(operator), `${target} ${operator}`);
    }
  }
});

test("what depends on other allocations is met by every node alone", () => {
  holds([
    ["", "distinct_hosts", "", true],
    ["${meta.rack}", "distinct_property", "", true],
    ["${meta.gpu}", "distinct_property", "2", true],
  ]);
});

test("an operator that means nothing is met by no node", () => {
  assert.equal(isMet("a", "resembles", "a"), false);
});

const item = fc.constantFrom("a", "b", "c", "d");
const list = fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => items.join(" , "));

test("a set that contains all of a list contains any of it", () => {
  fc.assert(
    fc.property(list, list, (left, right) => {
      if (isMet(left, "set_contains", right)) assert.ok(isMet(left, "set_contains_any", right));
    }),
  );
});

test("a set contains a list if it contains each item, and any of it if it contains one", () => {
  fc.assert(
    fc.property(list, fc.array(item, { minLength: 1 }), (left, items) => {
      const each = items.map((one) => isMet(left, "set_contains", one));
      assert.equal(isMet(left, "set_contains_all", items.join(",")), !each.includes(false));
      assert.equal(isMet(left, "set_contains_any", items.join(",")), each.includes(true));
    }),
  );
});

test("an operator is met exactly where its opposite is not", () => {
  const literal = fc.string().filter((text) => !text.startsWith("${"));
  const side = fc.oneof(fc.constantFrom("${attr.cores}", "${attr.kernel.name}", "9", "10.0", "linux"), literal);
  const opposites = [
    ["=", "!="],
    ["is", "not"],
    ["<", ">="],
    [">", "<="],
    ["is_set", "is_not_set"],
  ] as const;
  fc.assert(
    fc.property(side, side, fc.constantFrom(...opposites), (left, right, [one, other]) => {
      assert.notEqual(isMet(left, one, right), isMet(left, other, right));
    }),
  );
});

test("a check gives the same answers in any order of nodes", () => {
  const values = fc.array(fc.record({ cores: fc.constantFrom("1", "2", "10"), want: fc.constantFrom("1", "2", "10") }));
  fc.assert(
    fc.property(values, fc.constantFrom(...constraintOperators), (nodes, Operand) => {
      const one = constraint.parse({ LTarget: "${attr.cores}", Operand, RTarget: "${attr.want}" });
      const check = constraintCheck(one);
      for (const Attributes of nodes) {
        const here = { ...machine, Attributes };
        assert.equal(check(here), constraintCheck(one)(here));
      }
    }),
  );
});

test("a constraint on what is unique to a node is told from others", () => {
  const looks = (LTarget: string, RTarget = "") => looksAtUnique(constraint.parse({ LTarget, Operand: "=", RTarget }));
  assert.deepEqual(
    [looks("${node.unique.id}"), looks("a", "${meta.unique.serial}"), looks("${node.pool}", "a")],
    [true, true, false],
  );
});

test("a constraint is shown with its operand in the middle", () => {
  assert.equal(constraintText({ LTarget: "${attr.arch}", Operand: "=", RTarget: "arm" }), "${attr.arch} = arm");
});
