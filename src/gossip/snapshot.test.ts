import assert from "node:assert/strict";
import { test } from "node:test";
import { aliveLine, formatSnapshot, parseSnapshot } from "./snapshot.ts";

const text = `# Serf's own
alive: m1.global 10.0.0.1:4648
alive: m2 with space 10.0.0.2:4648
coordinate: {"Vec":[0]}
clock: 7
event-clock: 3
query-clock: 2
not-alive: m1.global
alive: m3 10.0.0.3:4648
leave
clock: 9
alive: cut off 10.0`;

test("the last line about a thing holds; what is unknown or cut off is passed over", () => {
  const { alive, clocks } = parseSnapshot(text, { rejoinAfterLeave: true });
  assert.deepEqual(
    [...alive],
    [
      ["m2 with space", "10.0.0.2:4648"],
      ["m3", "10.0.0.3:4648"],
    ],
  );
  assert.deepEqual(clocks, { member: 9, event: 3, query: 2 });
});

test("a goodbye empties what stands before it, unless those who left are to come back", () => {
  const { alive, clocks } = parseSnapshot(text, { rejoinAfterLeave: false });
  assert.deepEqual([...alive], []);
  assert.deepEqual(clocks, { member: 9, event: 0, query: 0 });
});

test("what is written is read again, and a name cannot write lines of its own", () => {
  const remembered = parseSnapshot(text, { rejoinAfterLeave: true });
  assert.deepEqual(parseSnapshot(formatSnapshot(remembered), { rejoinAfterLeave: false }), remembered);
  assert.equal(aliveLine("a\nalive: evil", "10.0.0.9:1"), "");
});
