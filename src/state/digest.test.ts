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

test("what was counted before counts no more once a table has changed, and still does for who holds the earlier view", () => {
  const [asked, quiet] = [new ScriptedState(), new ScriptedState()];
  const digests = [];
  for (const Name of ["one", "two", "three"]) {
    for (const script of [asked, quiet]) script.run(nodeRegister, { Node: aNode({ Name }), Evals: [] });
    digests.push({ view: asked.view, digest: digest(asked.view) });
  }
  assert.equal(digest(quiet.view), digest(asked.view));
  for (const held of digests) assert.equal(digest(held.view), held.digest);
  assert.equal(new Set(digests.map((held) => held.digest)).size, 3);
});

test("a hypothetical view has a digest of its own", () => {
  const script = new ScriptedState();
  script.run(nodeRegister, { Node: aNode({ Name: "one" }), Evals: [] });
  const before = digest(script.view);
  const { ID } = [...script.view.nodes.all()][0]!;
  const without = script.view.assuming((write) => write.delete("nodes", ID));
  const untouched = script.view.assuming(() => {});
  assert.notEqual(digest(without), digest(untouched));
  assert.equal(digest(script.view), before);
});
