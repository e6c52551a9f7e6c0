import assert from "node:assert";
import { test } from "node:test";
import { allocMetric } from "./evaluation.ts";
import { withScores } from "./told-scores.ts";

const shares = [
  { NodeID: "n1", Scores: { binpack: 0.5, "job-anti-affinity": -10 / 18 }, NormScore: 0.5 - 10 / 18 },
  { NodeID: "n2", Scores: { binpack: 1 / 3 }, NormScore: 1 / 3 },
];

test("shares of the highest fit are told as scores too", () => {
  const told = withScores(allocMetric.parse({ ScoreMetaData: shares }));
  assert.deepEqual(told.Scores, { "n1.binpack": 9, "n1.job-anti-affinity": -10, "n2.binpack": 6 });
  assert.deepEqual(told.ScoreMetaData, shares);
});

test("scores that were kept as such are told as they are", () => {
  const kept = allocMetric.parse({ Scores: { "n1.binpack": 8.123 }, ScoreMetaData: shares });
  assert.deepEqual(withScores(kept), kept);
});
