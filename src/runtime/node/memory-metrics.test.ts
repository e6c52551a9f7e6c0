import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, instantOf, later, milliseconds, seconds } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import { MemoryMetrics } from "./memory-metrics.ts";

/** A clock moved by hand, beginning at 2026-11-22 09:07:50 UTC. */
function handClock(): Clock & { advance(by: Duration): void } {
  let now = instantOf(Date.UTC(2026, 10, 22, 9, 7, 50) * 1e6);
  return {
    now: () => now,
    wallTime: () => now,
    at: () => () => {},
    sleep: () => Promise.resolve(),
    advance: (by) => {
      now = later(now, by);
    },
  };
}

test("a dump shows finished intervals as Nomad 0.4.1 does", () => {
  const clock = handClock();
  const metrics = new MemoryMetrics(clock);
  metrics.gauge(["nomad", "broker", "total_ready"], 3);
  metrics.gauge(["nomad", "broker", "total_ready"], 0);
  metrics.count(["raft", "apply"]);
  metrics.time(["raft", "fsm", "apply"], milliseconds(2));
  metrics.time(["raft", "fsm", "apply"], milliseconds(4));
  assert.equal(metrics.dump(), "");
  clock.advance(seconds(10));
  assert.equal(
    metrics.dump(),
    [
      "[2026-11-22 09:07:50 +0000 UTC][G] 'nomad.nomad.broker.total_ready': 0.000",
      "[2026-11-22 09:07:50 +0000 UTC][C] 'nomad.raft.apply': Count: 1 Sum: 1.000 LastUpdated: 2026-11-22 09:07:50 +0000 UTC",
      "[2026-11-22 09:07:50 +0000 UTC][S] 'nomad.raft.fsm.apply': Count: 2 Min: 2.000 Mean: 3.000 Max: 4.000 Stddev: 1.414 Sum: 6.000 LastUpdated: 2026-11-22 09:07:50 +0000 UTC",
      "",
    ].join("\n"),
  );
});

test("no more than a minute is kept", () => {
  const clock = handClock();
  const metrics = new MemoryMetrics(clock);
  for (let i = 0; i < 100; i++) {
    metrics.count(["x"]);
    clock.advance(seconds(10));
  }
  assert.equal(metrics.dump().trimEnd().split("\n").length, 6);
});
