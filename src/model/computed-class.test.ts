import assert from "node:assert";
import { test } from "node:test";
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
    { Attributes: { ...base.Attributes, arch: "arm64" } },
    { Attributes: base.Meta, Meta: base.Attributes },
    { Meta: {} },
  ];
  assert.equal(new Set(variants.map(classOf)).size, variants.length);
});

test("a class is named as in clusters of other programs", () => {
  const recorded = {
    Datacenter: "dc1",
    NodeClass: "",
    Attributes: {
      arch: "amd64",
      "cpu.frequency": "2599",
      "cpu.modelname": "Intel(R) Xeon(R) Processor",
      "cpu.numcores": "2",
      "cpu.totalcompute": "5198",
      "driver.exec": "1",
      "driver.raw_exec": "1",
      "kernel.name": "linux",
      "kernel.version": "6.18.44-fc-v769",
      "memory.totalbytes": "25276063744",
      "nomad.revision": "",
      "nomad.version": "0.4.1",
      "os.name": "debian",
      "os.version": "12.11",
      "unique.hostname": "vm",
    },
    Meta: {},
  };
  assert.equal(classOf(recorded), "v1:14004794595118812539");
});
