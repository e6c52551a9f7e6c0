import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SlotMap } from "./slot-map.ts";

test("a slot that is free again is given to another value", () => {
  const map = new SlotMap<number>();
  const [first, second] = [map.add("a", 1), map.add("b", 2)];
  map.remove(first);
  assert.equal(map.add("c", 3), first);
  assert.deepEqual([map.keyAt(first), map.get(first), map.get(second)], ["c", 3, 2]);
});

/** So many that there are branches above branches of pages. */
const most = 3000;
const runs = fc.record({
  on: fc.nat(3),
  what: fc.constantFrom("add", "add", "set", "remove", "clone"),
  from: fc.nat(most),
  count: fc.integer({ min: 1, max: most }),
});

test("a map and its clones hold what they were given, whatever is written to which of them", () => {
  fc.assert(
    fc.property(fc.array(runs, { maxLength: 20, size: "max" }), (taken) => {
      const pairs = [{ map: new SlotMap<object>(), model: new Map<number, readonly [string, object]>() }];
      for (const { on, what, from, count } of taken) {
        const { map, model } = pairs[on % pairs.length] ?? assert.fail();
        if (what === "clone") pairs.push({ map: map.clone(), model: new Map(model) });
        for (let number = from; what !== "clone" && number < from + count; number++) {
          const value = { number };
          const known = model.get(number);
          if (what === "add") {
            const slot = map.add(String(number), value);
            assert.ok(!model.has(slot));
            model.set(slot, [String(number), value]);
          } else if (known !== undefined && what === "set") {
            map.set(number, value);
            model.set(number, [known[0], value]);
          } else if (known !== undefined) {
            map.remove(number);
            model.delete(number);
          }
        }
      }
      for (const { map, model } of pairs) {
        for (const [slot, [key, value]] of model) assert.deepEqual([map.keyAt(slot), map.get(slot)], [key, value]);
      }
    }),
    { numRuns: 40 },
  );
});
