import { dictionary } from "../base/index.ts";
import type { AllocMetric } from "./evaluation.ts";
import { highestFitScore } from "./resource-fit.ts";

/** Digits to which a share can be made a score again. */
const digits = 15;

/**
 * A metric with its scores as older programs read them, beside the shares of the highest fit that newer ones read and the
 * state keeps: with keys of its own for each allocation, they would be the largest part of it.
 */
export function withScores(metric: AllocMetric): AllocMetric {
  if (Object.keys(metric.Scores).length > 0) return metric;
  const scores = metric.ScoreMetaData.flatMap(({ NodeID, Scores }) =>
    Object.entries(Scores).map(([scorer, share]) => [`${NodeID}.${scorer}`, scoreOf(share)] as const),
  );
  return { ...metric, Scores: dictionary(scores) };
}

function scoreOf(share: number): number {
  return Number((share * highestFitScore).toPrecision(digits));
}
