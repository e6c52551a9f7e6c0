import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type SlotNames, SlotTree } from "./slot-tree.ts";

/** Groups and keys that begin alike, hold what is not ASCII, or are the beginning of one another. */
const text = fc.oneof(
  fc.string({
    maxLength: 9,
    unit: fc.constantFrom("\u0000", "0", "a", "~", "\u007f", "\u0080", "é", "\ud83d", "\uffff"),
  }),
  fc.constantFrom("", "default\u0000job-1", "default\u0000job-10", "default\u0000job-2"),
);
const name = fc.tuple(text, text);

test("slots are found by their names and listed in the order of their keys, whatever the names are", () => {
  const unique = fc.uniqueArray(name, { minLength: 40, maxLength: 300, size: "max", selector: String });
  fc.assert(
    fc.property(unique, fc.array(name), (names, others) => {
      const named: SlotNames = {
        groupAt: (slot) => names[slot]?.[0] ?? assert.fail(),
        keyAt: (slot) => names[slot]?.[1] ?? assert.fail(),
      };
      const tree = new SlotTree(named);
      for (const [slot, [group, key]] of names.entries()) tree.insert(group, key, slot);
      const removed = names.slice(0, 10);
      for (const [group, key] of removed) tree.remove(group, key);
      const there = (group: string, from: string) =>
        names
          .map(([itsGroup, key], slot) => ({ itsGroup, key, slot }))
          .filter(({ itsGroup, key, slot }) => slot >= 10 && itsGroup === group && key >= from)
          .sort((a, b) => (a.key < b.key ? -1 : 1))
          .map(({ slot }) => slot);
      assert.equal(tree.size, names.length - removed.length);
      for (const [group, from] of [...names, ...others]) {
        const [first] = there(group, from);
        const isThere = first !== undefined && names[first]?.[1] === from;
        assert.equal(tree.find(group, from), isThere ? first : -1);
        assert.deepEqual([...tree.slotsOf(group, from, named)], there(group, from));
        const near = tree.slotsNear(group).filter((slot) => named.groupAt(slot) === group);
        assert.deepEqual(near, there(group, ""));
      }
    }),
    { numRuns: 60 },
  );
});

test("groups of which some have the same number do not hold each other's slots", () => {
  const count = 15_000;
  const named: SlotNames = { groupAt: (slot) => `group ${slot % count}`, keyAt: (slot) => `key ${slot}` };
  const tree = new SlotTree(named);
  for (let slot = 0; slot < 2 * count; slot++) tree.insert(named.groupAt(slot), named.keyAt(slot), slot);
  for (let group = 0; group < count; group++) {
    const keys = [`key ${group}`, `key ${group + count}`].sort();
    const found = [...tree.slotsOf(`group ${group}`, "", named)].map(named.keyAt);
    assert.deepEqual(found, keys);
  }
});
