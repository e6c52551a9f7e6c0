/** A process of its own that runs the seeds that its parent names, one at a time, and says what came of each. */
import { storm } from "../../src/sim/index.ts";
import type { Outcome, SeedRun } from "./outcome.ts";

process.on("message", async (run: SeedRun) => {
  process.send?.(await outcomeOf(run));
});
// Whoever asked is gone, and nobody waits for the answer.
process.once("disconnect", () => process.exit(1));

async function outcomeOf({ seed, twice }: SeedRun): Promise<Outcome> {
  const before = process.cpuUsage();
  try {
    const { lines, counts } = await storm(seed);
    const { user, system } = process.cpuUsage(before);
    const difference = twice ? firstDifference(lines, (await storm(seed)).lines) : undefined;
    if (difference !== undefined) return { seed, passed: false, why: `The same seed ran differently: ${difference}` };
    const virtualSeconds = Number.parseFloat(lines[lines.length - 1] ?? "0");
    return { seed, passed: true, virtualSeconds, processorSeconds: (user + system) / 1e6, counts };
  } catch (error) {
    return { seed, passed: false, why: error instanceof Error ? error.message : String(error) };
  }
}

function firstDifference(once: readonly string[], again: readonly string[]): string | undefined {
  const at = Array.from({ length: Math.max(once.length, again.length) }).findIndex((_, at) => once[at] !== again[at]);
  return at < 0 ? undefined : `line ${at + 1}\n  once:  ${once[at]}\n  again: ${again[at]}`;
}
