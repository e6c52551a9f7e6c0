/**
 * Clusters under trouble, each under a seed of its own, in as many processes as there are processors:
 *
 *     npm run sim -- --seeds 1000 --first 1 [--workers 2] [--keep-going] [--twice]
 *
 * Ends at the first seed that fails, with exit code 1, and says what happened and how to run it again. With `--keep-going`
 * it runs them all and lists those that failed; with `--twice` every seed is run twice and must give the same transcript.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { SeedRun } from "./sim/outcome.ts";
import { outcomes } from "./sim/workers.ts";

/** How often progress is told, in seconds. */
const tellEvery = 20;

const { values: asked } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    first: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
    "keep-going": { type: "boolean", default: false },
    twice: { type: "boolean", default: false },
  },
});
const [seeds, first, workers] = [asked.seeds, asked.first, asked.workers].map(wholeNumber) as [number, number, number];

const begun = performance.now();
const failed: string[] = [];
const counts = new Map<string, number>();
let [passed, virtualSeconds, processorSeconds, toldAt] = [0, 0, 0, begun];
for await (const outcome of outcomes(runs(), Math.min(workers, seeds))) {
  if (outcome.passed) {
    passed++;
    virtualSeconds += outcome.virtualSeconds;
    processorSeconds += outcome.processorSeconds;
    for (const [kind, times] of Object.entries(outcome.counts)) counts.set(kind, (counts.get(kind) ?? 0) + times);
  } else {
    failed.push(outcome.seed);
    console.log(`${outcome.why}\nSeed ${outcome.seed} failed; again: ${again(outcome.seed)}\n`);
    if (!asked["keep-going"]) break;
  }
  if (performance.now() - toldAt > tellEvery * 1000) tell();
}
tell();
if (passed > 0) {
  const ratio = virtualSeconds / processorSeconds;
  const hours = (virtualSeconds / 3600).toFixed(1);
  console.log(
    `${hours} virtual hours in ${processorSeconds.toFixed(0)} seconds of one processor: ${ratio.toFixed(0)} times real time`,
  );
}
const happened = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, times]) => `${kind} ${times}`);
if (happened.length > 0) console.log(`What happened: ${happened.join(", ")}`);
if (failed.length > 0) console.log(`Seeds that failed: ${failed.toSorted((a, b) => Number(a) - Number(b)).join(" ")}`);
process.exitCode = failed.length > 0 ? 1 : 0;

function* runs(): Generator<SeedRun> {
  for (let done = 0; done < seeds; done++) yield { seed: String(first + done), twice: asked.twice };
}

function tell(): void {
  toldAt = performance.now();
  const rate = ((passed + failed.length) / ((toldAt - begun) / 1000)).toFixed(2);
  const failures = failed.length > 0 ? `, ${failed.length} failed` : "";
  console.log(`${passed} of ${seeds} seeds passed${failures}, ${rate} seeds per second`);
}

function again(seed: string): string {
  return `npm run sim -- --seeds 1 --first ${seed}${asked.twice ? " --twice" : ""}`;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  console.error(`Cannot run the simulator: "${text}" is not a number of at least 1`);
  process.exit(2);
}
