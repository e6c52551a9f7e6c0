import { type Duration, later } from "../base/index.ts";
import type { Clock, Processes, Program, RunResult } from "../runtime/index.ts";

/** Runs a helper to its end; kills it, and rejects, when that takes longer than `time`. */
export async function runWithin(
  { clock, processes }: { readonly clock: Pick<Clock, "now" | "at">; readonly processes: Pick<Processes, "run"> },
  program: Program,
  time: Duration,
): Promise<RunResult> {
  const impatience = new AbortController();
  const cancel = clock.at(later(clock.now(), time), () => impatience.abort());
  try {
    return await processes.run(program, { signal: impatience.signal });
  } finally {
    cancel();
  }
}
