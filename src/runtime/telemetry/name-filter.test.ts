import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import { ManualClock } from "../manual-clock.ts";
import { LineBuffer } from "./line-buffer.ts";
import { MeasuredMetrics } from "./measured-metrics.ts";
import { shownBy } from "./name-filter.ts";
import { prometheusText } from "./prometheus-text.ts";
import { metricsSummary } from "./summary.ts";

test("the longest rule that applies decides, of two that are alike the one that hides, and without one the default", () => {
  const isShown = shownBy({ rules: ["-nomad.raft", "+nomad.raft.apply", "+nomad.x", "-nomad.x"], otherwise: true });
  const names = ["nomad.raft.barrier", "nomad.raft.apply", "nomad.x.y", "nomad.serf.events"];
  assert.deepEqual(
    names.map((name) => isShown?.(name)),
    [false, true, false, true],
  );
  assert.equal(shownBy({ rules: [], otherwise: true }), undefined);
  assert.equal(shownBy({ rules: [], otherwise: false })?.("nomad.raft.apply"), false);
});

test("what is hidden is shown nowhere, and counted all the while", async () => {
  const metrics = new MeasuredMetrics(new ManualClock());
  const lines = new LineBuffer();
  metrics.listen(lines);
  metrics.observe(() => [
    { name: ["raft", "peers"], value: 1 },
    { name: ["serf", "peers"], value: 2 },
  ]);
  metrics.filter({ rules: ["-nomad.raft"], otherwise: true });
  for (const room of ["raft", "serf"]) {
    metrics.count([room, "counted"]);
    metrics.time([room, "timed"], seconds(1));
  }
  assert.doesNotMatch((await prometheusText(metrics, {})).join(""), /raft/);
  const { Gauges, Counters, Samples } = await metricsSummary(metrics, {});
  assert.deepEqual(
    [...Gauges, ...Counters, ...Samples].map(({ Name }) => Name),
    ["nomad.serf.peers", "nomad.serf.counted", "nomad.serf.timed"],
  );
  assert.deepEqual(lines.take(), ["nomad.serf.counted:1.000000|c\n", "nomad.serf.timed:1000.000000|ms\n"]);
  metrics.filter({ rules: [], otherwise: true });
  assert.match((await prometheusText(metrics, {})).join(""), /^nomad_raft_counted 1$/m);
});
