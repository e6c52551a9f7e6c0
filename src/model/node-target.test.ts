import assert from "node:assert";
import { test } from "node:test";
import { node } from "./node.ts";
import { isUniqueTarget, targetValue } from "./node-target.ts";

const machine = node.parse({
  ID: "4a1c",
  Name: "web-1",
  Datacenter: "dc1",
  NodeClass: "gpu",
  NodePool: "edge",
  Attributes: { "kernel.name": "linux", empty: "" },
  Meta: { rack: "r1" },
});

test("a reference is what the node has under that name", () => {
  const cases = [
    ["${node.unique.id}", "4a1c"],
    ["${node.unique.name}", "web-1"],
    ["${node.datacenter}", "dc1"],
    ["${node.class}", "gpu"],
    ["${node.pool}", "edge"],
    ["${attr.kernel.name}", "linux"],
    ["${attr.empty}", ""],
    ["${meta.rack}", "r1"],
  ] as const;
  for (const [target, value] of cases) assert.equal(targetValue(target, machine), value, target);
});

test("a node that names no pool is in the default one", () => {
  assert.equal(targetValue("${node.pool}", { ...machine, NodePool: "" }), "default");
});

test("what a node does not have is nothing", () => {
  const targets = ["attr.gpu", "meta.gpu", "node.colour", "env.HOME", "attr.constructor", "meta.__proto__", "attr."];
  for (const target of targets) assert.equal(targetValue(`\${${target}}`, machine), undefined, target);
  assert.equal(targetValue("${attr.kernel.name", machine), undefined);
});

test("only a whole reference is looked up, all else stands for itself", () => {
  for (const text of ["", "linux", "is ${attr.kernel.name}", "$attr.kernel.name"]) {
    assert.equal(targetValue(text, machine), text);
  }
});

test("what is unique to a node is told from what nodes share", () => {
  const unique = ["${node.unique.id}", "${attr.unique.hostname}", "${meta.unique.serial}"];
  const shared = ["${attr.kernel.name}", "${node.class}", "unique", "${attr.x.unique.}"];
  assert.deepEqual([...unique, ...shared].filter(isUniqueTarget), unique);
});
