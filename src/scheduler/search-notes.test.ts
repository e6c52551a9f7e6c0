import assert from "node:assert";
import { test } from "node:test";
import { machine } from "./harness.ts";
import { SearchNotes } from "./search-notes.ts";

const asked = { nodesAvailable: { dc1: 9 }, time: 0 };

test("of many nodes the scores of the five best are kept, the best first, as shares of the highest fit", () => {
  const notes = new SearchNotes();
  for (const score of [3, 9, 6, 1, 12, 15, 2]) {
    notes.scored(machine(`n${score}`), "binpack", score);
    notes.scored(machine(`n${score}`), "node-affinity", 3);
  }
  const { ScoreMetaData } = notes.metric(asked);
  assert.deepEqual(
    ScoreMetaData.map(({ NodeID, NormScore }) => [NodeID, NormScore]),
    [
      ["n15", 1],
      ["n12", 15 / 18],
      ["n9", 12 / 18],
      ["n6", 9 / 18],
      ["n3", 6 / 18],
    ],
  );
  assert.deepEqual(ScoreMetaData[1]?.Scores, { binpack: 12 / 18, "node-affinity": 3 / 18 });
});

test("of equal nodes those come first that were looked at first: the one that was taken is among those kept", () => {
  const notes = new SearchNotes();
  for (let number = 1; number <= 8; number++) notes.scored(machine(`n${number}`), "binpack", 7);
  const kept = notes.metric(asked).ScoreMetaData.map(({ NodeID }) => NodeID);
  assert.deepEqual(kept, ["n1", "n2", "n3", "n4", "n5"]);
});
