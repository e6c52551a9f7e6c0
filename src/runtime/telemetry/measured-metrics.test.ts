import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, instantOf, later, milliseconds, seconds } from "../../base/index.ts";
import type { Clock } from "../clock.ts";
import type { Gauge } from "../metrics.ts";
import { Distribution } from "./distribution.ts";
import { metricsDump } from "./dump.ts";
import { LineBuffer } from "./line-buffer.ts";
import { MeasuredMetrics } from "./measured-metrics.ts";
import { prometheusText } from "./prometheus-text.ts";
import { mostLabelled } from "./series.ts";
import { metricsSummary } from "./summary.ts";

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

/** Some of everything in the interval that is over. */
function measuredWorld() {
  const clock = handClock();
  const metrics = new MeasuredMetrics(clock);
  const gauges: Gauge[] = [
    { name: ["nomad", "broker", "total_ready"], value: 0 },
    { name: ["client", "host", "disk", "size"], value: 7.5, labels: { disk: '/a "b"\\\n' } },
  ];
  metrics.observe(() => gauges);
  metrics.count(["raft", "apply"], 2);
  metrics.time(["raft", "fsm", "apply"], milliseconds(2));
  metrics.time(["raft", "fsm", "apply"], milliseconds(4));
  clock.advance(seconds(10));
  return { clock, metrics };
}

test("a dump shows finished intervals as Nomad 0.4.1 does", async () => {
  const { clock, metrics } = measuredWorld();
  metrics.count(["raft", "apply"]);
  assert.equal(
    await metricsDump(metrics),
    [
      "[2026-11-22 09:07:50 +0000 UTC][G] 'nomad.nomad.broker.total_ready': 0.000",
      "[2026-11-22 09:07:50 +0000 UTC][G] 'nomad.client.host.disk.size./a \"b\"\\\n': 7.500",
      "[2026-11-22 09:07:50 +0000 UTC][C] 'nomad.raft.apply': Count: 1 Sum: 2.000 LastUpdated: 2026-11-22 09:07:50 +0000 UTC",
      "[2026-11-22 09:07:50 +0000 UTC][S] 'nomad.raft.fsm.apply': Count: 2 Min: 2.000 Mean: 3.000 Max: 4.000 Stddev: 1.414 Sum: 6.000 LastUpdated: 2026-11-22 09:07:50 +0000 UTC",
      "",
    ].join("\n"),
  );
  clock.advance(seconds(10));
  assert.match(await metricsDump(metrics), /09:08:00 \+0000 UTC\]\[C\] 'nomad.raft.apply': Count: 1 Sum: 1.000/);
});

test("no more than a minute is kept", async () => {
  const clock = handClock();
  const metrics = new MeasuredMetrics(clock);
  for (let i = 0; i < 100; i++) {
    metrics.count(["x"]);
    clock.advance(seconds(10));
  }
  assert.equal((await metricsDump(metrics)).trimEnd().split("\n").length, 6);
});

test("a summary tells of the last interval that is over, and of gauges as they are", async () => {
  const { metrics } = measuredWorld();
  metrics.count(["raft", "apply"], 100);
  const Labels = { host: "vm" };
  assert.deepEqual(await metricsSummary(metrics, Labels), {
    Timestamp: "2026-11-22 09:07:50 +0000 UTC",
    Gauges: [
      { Name: "nomad.client.host.disk.size", Value: 7.5, Labels: { disk: '/a "b"\\\n', host: "vm" } },
      { Name: "nomad.nomad.broker.total_ready", Value: 0, Labels },
    ],
    Points: [],
    Counters: [{ Name: "nomad.raft.apply", Count: 1, Rate: 0.2, Sum: 2, Min: 2, Max: 2, Mean: 2, Stddev: 0, Labels }],
    Samples: [
      {
        Name: "nomad.raft.fsm.apply",
        Count: 2,
        Rate: 0.6,
        Sum: 6,
        Min: 2,
        Max: 4,
        Mean: 3,
        Stddev: Math.SQRT2,
        Labels,
      },
    ],
  });
});

test("text for Prometheus has each family in one place, counts from the beginning, and escapes what labels say", async () => {
  const { clock, metrics } = measuredWorld();
  clock.advance(seconds(60));
  metrics.count(["raft", "apply"], 3);
  const text = (await prometheusText(metrics, { host: "vm" })).join("");
  assert.equal(
    text,
    [
      "# HELP nomad_client_host_disk_size nomad.client.host.disk.size, as it is now",
      "# TYPE nomad_client_host_disk_size gauge",
      String.raw`nomad_client_host_disk_size{disk="/a \"b\"\\\n",host="vm"} 7.5`,
      "# HELP nomad_nomad_broker_total_ready nomad.nomad.broker.total_ready, as it is now",
      "# TYPE nomad_nomad_broker_total_ready gauge",
      'nomad_nomad_broker_total_ready{host="vm"} 0',
      "# HELP nomad_raft_apply nomad.raft.apply, since the agent began",
      "# TYPE nomad_raft_apply counter",
      'nomad_raft_apply{host="vm"} 5',
      "# HELP nomad_raft_fsm_apply nomad.raft.fsm.apply, the quantiles of late; times are in milliseconds",
      "# TYPE nomad_raft_fsm_apply summary",
      'nomad_raft_fsm_apply{host="vm",quantile="0.5"} NaN',
      'nomad_raft_fsm_apply{host="vm",quantile="0.9"} NaN',
      'nomad_raft_fsm_apply{host="vm",quantile="0.99"} NaN',
      'nomad_raft_fsm_apply_sum{host="vm"} 6',
      'nomad_raft_fsm_apply_count{host="vm"} 2',
      "",
    ].join("\n"),
  );
});

test("quantiles are those of two intervals, to a twentieth of their value", () => {
  const values = new Distribution();
  for (let n = 1; n <= 500; n++) values.add(n, 7);
  for (let n = 501; n <= 1000; n++) values.add(n, 8);
  for (const [q, value] of [
    [0.5, 500],
    [0.9, 900],
    [0.99, 990],
  ] as const) {
    const told = values.quantile(q, 8);
    assert.ok(Math.abs(told / value - 1) <= 0.05, `${q}: ${told}`);
  }
  assert.ok(values.quantile(0.01, 9) > 475, "the first are forgotten");
  assert.ok(Number.isNaN(values.quantile(0.5, 10)));
  values.add(0, 12);
  values.add(1e300, 12);
  assert.equal(values.quantile(0.5, 12), 0);
});

test("in the first interval of all, a summary tells of that one", async () => {
  const metrics = new MeasuredMetrics(handClock());
  metrics.count(["raft", "apply"]);
  const { Counters, Timestamp } = await metricsSummary(metrics, {});
  assert.deepEqual([Counters[0]?.Sum, Timestamp], [1, "2026-11-22 09:07:50 +0000 UTC"]);
});

test("gauges that are observed no more are not shown", async () => {
  const metrics = new MeasuredMetrics(handClock());
  const end = metrics.observe(() => [{ name: ["x"], value: 1 }]);
  const shown = async () => (await metricsSummary(metrics, {})).Gauges.length;
  assert.equal(await shown(), 1);
  end();
  assert.equal(await shown(), 0);
});

test("very many gauges are taken in turns, between which other work goes on", async () => {
  const clock = handClock();
  let turns = 0;
  const resting: Clock = {
    ...clock,
    at: (_, wake) => {
      turns++;
      queueMicrotask(wake);
      return () => {};
    },
  };
  const metrics = new MeasuredMetrics(resting);
  const gauge = { name: ["x"], value: 1 };
  metrics.observe(function* () {
    for (let n = 0; n < 1000; n++) {
      clock.advance(milliseconds(1));
      yield gauge;
    }
  });
  const { Gauges } = await metricsSummary(metrics, {});
  assert.equal(Gauges.length, 1000);
  assert.ok(turns >= 90, `${turns} turns of at most ten milliseconds`);
});

test("what is counted with labels is counted for each set of them, and shown so everywhere", async () => {
  const clock = handClock();
  const metrics = new MeasuredMetrics(clock);
  const lines = new LineBuffer();
  metrics.listen(lines);
  const restart = ["client", "allocs", "restart"];
  metrics.count(restart, 1, { job: "web" });
  metrics.count(restart, 2, { job: "db" });
  metrics.count(restart, 4, { job: "web" });
  const { Counters } = await metricsSummary(metrics, { host: "vm" });
  assert.deepEqual(
    Counters.map(({ Sum, Labels }) => [Labels, Sum]).sort(([, a], [, b]) => Number(a) - Number(b)),
    [
      [{ job: "db", host: "vm" }, 2],
      [{ job: "web", host: "vm" }, 5],
    ],
  );
  const text = (await prometheusText(metrics, { host: "vm" })).join("");
  assert.match(text, /^nomad_client_allocs_restart\{job="web",host="vm"\} 5$/m);
  assert.match(text, /^nomad_client_allocs_restart\{job="db",host="vm"\} 2$/m);
  assert.equal(text.match(/# TYPE nomad_client_allocs_restart/g)?.length, 1);
  assert.deepEqual(lines.take().sort(), [
    "nomad.client.allocs.restart.db:2.000000|c\n",
    "nomad.client.allocs.restart.web:5.000000|c\n",
  ]);
  clock.advance(seconds(10));
  assert.match(await metricsDump(metrics), /'nomad\.client\.allocs\.restart\.web': Count: 2 /);
});

test("of ever new labels only those that came last are kept", () => {
  const metrics = new MeasuredMetrics(handClock());
  const count = (id: number) => metrics.count(["client", "allocs", "running"], 1, { alloc_id: String(id) });
  for (let id = 0; id < mostLabelled; id++) count(id);
  count(0);
  count(mostLabelled);
  const kept = new Map(metrics.counters().map(({ labels, sum }) => [labels?.alloc_id, sum]));
  assert.deepEqual([kept.size, kept.get("0"), kept.get("1"), kept.get("2")], [mostLabelled, 2, undefined, 1]);
});
