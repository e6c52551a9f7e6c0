/**
 * What a placement costs where there is nothing but the scheduler and the state: every job of a work is registered,
 * scheduled, its plan verified, written as an entry of the log and applied, one after the other in one process. Then clients
 * report that all runs, a thousand allocations in an entry, which is written and applied. Microseconds for each placement, the
 * median of the rounds.
 *
 *     npm run bench -- scheduler [work, or all] [rounds] [allocations of other jobs that are there before]
 *
 * Where the time goes, for https://www.speedscope.app or the browser's own tools:
 *
 *     node --cpu-prof --cpu-prof-dir=.bench bench/scheduler.ts one-job 1
 */
import { setImmediate } from "node:timers/promises";
import { described, type Work, works } from "./placements/works.ts";
import { Cluster, type Placed, phases } from "./scheduler/cluster.ts";

const [name = "all", rounds = "3", existing = "0"] = process.argv.slice(2);

const chosen = works.filter((work) => (name === "all" ? work.name !== "c1m" : work.name === name));
if (chosen.length === 0) console.log(`Works: all, ${works.map((work) => work.name).join(", ")}`);
for (const work of chosen) await report(work);

async function report(work: Work): Promise<void> {
  const seen: Placed[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    seen.push(new Cluster(work, Number(existing)).place());
    await setImmediate();
  }
  const placed = seen[0]?.placed ?? 0;
  const each = phases.map((phase) => `${phase} ${median(seen.map(({ spent }) => (spent[phase] * 1000) / placed))}`);
  const whole = seen.map(({ spent }) => phases.reduce((sum, phase) => sum + spent[phase], 0));
  console.log(
    `${work.name}: ${described(work)}${Number(existing) > 0 ? ` beside ${existing}` : ""}: µs for each of ${placed}: ` +
      `${each.join(", ")}; together ${median(whole.map((spent) => (placed * 1000) / spent))}/s; ` +
      `longest evaluation ${median(seen.map(({ longest }) => longest))} ms`,
  );
}

function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(sorted[0] !== undefined && sorted[0] >= 100 ? 0 : 1);
}
