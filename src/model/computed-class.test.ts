import assert from "node:assert";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { computedClass } from "./computed-class.ts";
import { node } from "./node.ts";

const base = {
  Datacenter: "dc1",
  NodeClass: "gpu",
  Attributes: { "kernel.name": "linux", arch: "amd64" },
  Meta: { rack: "7" },
};
const classOf = (fields: object) => computedClass(node.parse({ ...base, ...fields }));

test("nodes that differ only in what is unique to them have one class", () => {
  const one = classOf({ ID: "a", Name: "x", Attributes: { ...base.Attributes, "unique.hostname": "x" } });
  const other = classOf({
    ID: "b",
    Name: "y",
    Attributes: { arch: "amd64", "kernel.name": "linux" },
    Meta: { rack: "7", "unique.serial": "1" },
  });
  assert.equal(one, other);
});

test("nodes that a constraint can tell apart have different classes", () => {
  const variants = [
    {},
    { Datacenter: "dc2" },
    { NodeClass: "cpu" },
    { NodePool: "edge" },
    { NodeClass: "edge", NodePool: "gpu" },
    { Attributes: { ...base.Attributes, arch: "arm64" } },
    { Attributes: base.Meta, Meta: base.Attributes },
    { Attributes: { ...base.Attributes, arch: "linux", "kernel.name": "amd64" } },
    { Attributes: { ...base.Attributes, linux: "linux" } },
    { Meta: {} },
  ];
  assert.equal(new Set(variants.map(classOf)).size, variants.length);
});

test("a node that names no pool is in the class of those in the default one", () => {
  assert.equal(classOf({ NodePool: "default" }), classOf({}));
});

const attributes = fc.dictionary(fc.constantFrom("a", "b", "unique.c"), fc.constantFrom("a", "b", "1", ""));

test("two nodes are of one class exactly if they have the same where it is not unique to a node", () => {
  const shared = (all: Record<string, string>) =>
    Object.entries(all)
      .filter(([key]) => key !== "unique.c")
      .sort();
  fc.assert(
    fc.property(attributes, attributes, (one, other) => {
      const isSame = isDeepStrictEqual(shared(one), shared(other));
      assert.equal(classOf({ Attributes: one }) === classOf({ Attributes: other }), isSame);
      assert.equal(classOf({ Meta: one }) === classOf({ Meta: other }), isSame);
    }),
  );
});

test("a class has the same name on every server, in every release", () => {
  assert.equal(classOf({}), "v1:8853704989222654159");
});
