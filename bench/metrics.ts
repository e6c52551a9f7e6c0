/**
 * What it costs to count and to time, and to show the figures of many jobs. In time of the processor, so that others on the
 * machine do not count.
 *
 *     npm run bench -- metrics [jobs, each of one group]
 */
import { milliseconds } from "../src/base/index.ts";
import { MeasuredMetrics, metricsSummary, prometheusText } from "../src/runtime/index.ts";
import { nodeRuntime } from "../src/runtime/node/index.ts";
import { jobGauges } from "../src/server/leadership/job-gauges.ts";

const [jobs = 10_000] = process.argv.slice(2).map(Number);
const events = 1_000_000;

const { clock } = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const metrics = new MeasuredMetrics(clock);

/** Milliseconds of the processor. */
async function spent(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}

const times = (count: number, work: () => void) => () => {
  for (let at = 0; at < count; at++) work();
};

const [timer, counter, took] = [["nomad", "plan", "submit"], ["raft", "apply"], milliseconds(3)];
const perEvent = async (work: () => void) => ((await spent(times(events, work))) / events) * 1e6;
await perEvent(() => metrics.time(timer, took));
console.log(`timing one:     ${(await perEvent(() => metrics.time(timer, took))).toFixed(0)} ns`);
console.log(`counting one:   ${(await perEvent(() => metrics.count(counter))).toFixed(0)} ns`);

const Summary = { web: { Queued: 0, Complete: 1, Failed: 0, Running: 3, Starting: 0, Lost: 0, Unknown: 0 } };
const rows = Array.from({ length: jobs }, (_, n) => ({
  JobID: `job-${n}`,
  Namespace: "default",
  Summary,
  Status: "running",
}));
metrics.observe(() => jobGauges({ jobSummaries: { all: () => rows }, jobs: { all: () => rows } } as never));
for (const [what, show] of [
  ["for Prometheus:", () => prometheusText(metrics, { host: "vm" })],
  ["as JSON:       ", () => metricsSummary(metrics, { host: "vm" })],
] as const) {
  const runs: number[] = [];
  for (let run = 0; run < 9; run++) runs.push(await spent(show));
  const median = runs.sort((a, b) => a - b)[4] ?? 0;
  console.log(`${jobs} jobs ${what} ${median.toFixed(0)} ms`);
}
