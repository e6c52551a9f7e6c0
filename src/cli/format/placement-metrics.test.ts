import assert from "node:assert/strict";
import { test } from "node:test";
import type { AllocMetric } from "../../model/index.ts";
import { metric } from "../testing/samples.ts";
import { failedGroup, placementMetrics } from "./placement-metrics.ts";

const reasons = (more: object, scores = false): string =>
  placementMetrics(metric(more) as unknown as AllocMetric, { indent: "  ", scores });

test("every reason has its line, in one order", () => {
  const text = reasons(
    {
      NodesEvaluated: 0,
      NodesAvailable: { dc9: 0, dc1: 2 },
      ClassFiltered: { small: 1 },
      ConstraintFiltered: { "${attr.kernel.name} = plan9": 3 },
      NodesExhausted: 4,
      ClassExhausted: { big: 1 },
      DimensionExhausted: { "memory exhausted": 2, "cpu exhausted": 1 },
      Scores: { "n1.binpack": 0.23432479921 },
    },
    true,
  );
  assert.equal(
    text,
    `  * No nodes were eligible for evaluation
  * No nodes are available in datacenter "dc9"
  * Class "small" filtered 1 nodes
  * Constraint "\${attr.kernel.name} = plan9" filtered 3 nodes
  * Resources exhausted on 4 nodes
  * Class "big" exhausted on 1 nodes
  * Dimension "cpu exhausted" exhausted on 1 nodes
  * Dimension "memory exhausted" exhausted on 2 nodes
  * Score "n1.binpack" = 0.234325`,
  );
});

test("scores are shown only on wish, and nothing where there is no reason", () => {
  assert.equal(reasons({ Scores: { "n1.binpack": 1 } }), "");
});

test("a group that failed tells how often", () => {
  const failed = (CoalescedFailures: number) =>
    failedGroup("web", metric({ CoalescedFailures }) as unknown as AllocMetric);
  assert.equal(failed(0), 'Task Group "web" (failed to place 1 allocation):');
  assert.equal(failed(1), 'Task Group "web" (failed to place 2 allocations):');
});
