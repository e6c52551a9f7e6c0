import { later } from "../base/index.ts";
import type { Clock, Program, SupervisedProcess } from "../runtime/index.ts";
import type { ExecOptions, ExecResult } from "./driver.ts";

/** Runs a program beside a supervised one, for as long as it may. */
export async function execBeside(
  clock: Clock,
  supervised: Pick<SupervisedProcess, "run">,
  program: Program,
  { timeout, outputBytes, signal }: Omit<ExecOptions, "env">,
): Promise<ExecResult> {
  signal.throwIfAborted();
  const over = new AbortController();
  let timedOut = false;
  const cancel = clock.at(later(clock.now(), timeout), () => {
    timedOut = true;
    over.abort();
  });
  const abort = () => over.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const { exitCode, stdout } = await supervised.run(program, { signal: over.signal, lastBytes: outputBytes });
    return { exitCode, timedOut: false, output: stdout };
  } catch (error) {
    if (timedOut) return { exitCode: 137, timedOut, output: "" };
    throw error;
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}
