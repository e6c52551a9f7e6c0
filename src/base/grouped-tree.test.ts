import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GroupedTree } from "./grouped-tree.ts";

test("values of a group come in the order of their keys, from a key on", () => {
  const tree = new GroupedTree<number>();
  for (const [i, key] of ["m", "", "max", "ada"].entries()) tree.set("cats", key, i);
  tree.set("cat", "zoe", 9);
  assert.deepEqual([...tree.valuesOf("cats")], [1, 3, 0, 2]);
  assert.deepEqual([...tree.valuesOf("cats", "b")], [0, 2]);
  assert.deepEqual([...tree.valuesOf("cats", "max")], [2]);
  assert.deepEqual([...tree.valuesOf("dogs")], []);
});

test("a group and a key that read the same together as others are not the others", () => {
  const tree = new GroupedTree<number>();
  tree.set("a", "bc", 1);
  tree.set("ab", "c", 2);
  assert.deepEqual([tree.get("a", "bc"), tree.get("ab", "c"), tree.size], [1, 2, 2]);
});

test("an iteration goes over the values as they were when it was asked for", () => {
  const tree = new GroupedTree<number>();
  for (let i = 0; i < 2000; i++) tree.set("", pad(i), i);
  const before = tree.valuesOf("");
  for (let i = 0; i < 2000; i++) {
    if (i % 2 === 0) tree.delete("", pad(i));
    else tree.set("", pad(i), -i);
  }
  assert.deepEqual([...before], [...Array(2000).keys()]);
});

/** So many that there are branches above branches, and few enough that some steps meet. */
const most = 3000;
const runs = fc.record({
  on: fc.nat(3),
  what: fc.constantFrom("set", "set", "delete", "clone"),
  from: fc.nat(most),
  count: fc.integer({ min: 1, max: most }),
  /** Every key in order, every second one backwards, or all over the place. */
  stride: fc.constantFrom(1, -2, 1009),
});

test("a tree and its clones hold what maps would, whatever is written to which of them", () => {
  fc.assert(
    fc.property(fc.array(runs, { maxLength: 20, size: "max" }), (taken) => {
      const pairs = [{ tree: new GroupedTree<object>(), model: new Map<string, object>() }];
      for (const { on, what, from, count, stride } of taken) {
        const { tree, model } = pairs[on % pairs.length] ?? assert.fail();
        if (what === "clone") pairs.push({ tree: tree.clone(), model: new Map(model) });
        else {
          for (let i = 0; i < count; i++) {
            const [group, key, name] = place(from + i * stride);
            const before = model.get(name);
            const value = { name };
            assert.equal(what === "set" ? tree.set(group, key, value) : tree.delete(group, key), before);
            if (what === "set") model.set(name, value);
            else model.delete(name);
          }
        }
      }
      for (const { tree, model } of pairs) assertSame(tree, model);
    }),
    { numRuns: 40 },
  );
});

const groups = ["", "a", "ab", "b"];

function place(number: number): [group: string, key: string, name: string] {
  const within = ((number % most) + most) % most;
  const group = groups[within % groups.length] ?? "";
  return [group, pad(within), `${group} ${pad(within)}`];
}

function assertSame(tree: GroupedTree<object>, model: ReadonlyMap<string, object>): void {
  assert.equal(tree.size, model.size);
  for (let i = 0; i < most; i++) {
    const [group, key, name] = place(i);
    assert.equal(tree.get(group, key), model.get(name));
  }
  const inOrder = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  const within = (group: string, from: string) =>
    inOrder.filter(([name]) => name.startsWith(`${group} `) && name >= `${group} ${from}`).map(([, value]) => value);
  for (const group of [...groups, "none"]) {
    assert.equal(tree.hasAny(group), within(group, "").length > 0);
    for (const from of ["", pad(700), "9999"]) assert.deepEqual([...tree.valuesOf(group, from)], within(group, from));
  }
}

function pad(number: number): string {
  return String(number).padStart(4, "0");
}
