import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeRegister } from "./commands/node-register.ts";
import { digest } from "./digest.ts";
import { aNode, ScriptedState } from "./scripted-state.ts";

function registered(fields: Readonly<Record<string, unknown>>): string {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode(fields), Evals: [] });
  return digest(script.view);
}

test("states that say the same have one digest, however their rows are laid out in memory", () => {
  const attributes = { a: "1", b: "2" };
  const reversed = { b: "2", a: "1" };
  assert.equal(registered({ Attributes: attributes }), registered({ Attributes: reversed }));
  assert.match(registered({}), /^[0-9a-f]{16}$/);
});

test("states that differ in anything have different digests", () => {
  const variants = [
    {},
    { Name: "other" },
    { Attributes: { a: "b" } },
    { Attributes: { ab: "" } },
    { Attributes: { a: "", b: "" } },
    { Meta: { a: "b" } },
    { TLSEnabled: true },
    { Resources: { CPU: 1 } },
    { Resources: { CPU: 2 ** 40 } },
    { Resources: { MemoryMB: 1 } },
    { HostVolumes: { a: [1, [2]] } },
    { HostVolumes: { a: [[1], 2] } },
    { HostVolumes: { a: ["1", [2]] } },
    { HostVolumes: { a: null } },
    { HostVolumes: { a: "null" } },
  ];
  assert.equal(new Set(variants.map(registered)).size, variants.length);
});

test("the index is part of the state", () => {
  const script = new ScriptedState();
  const before = digest(script.view);
  script.state.apply({ index: 9, data: new Uint8Array() });
  assert.notEqual(digest(script.view), before);
});
