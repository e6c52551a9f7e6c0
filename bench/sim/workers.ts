import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Outcome, SeedRun } from "./outcome.ts";

const program = fileURLToPath(new URL("worker.ts", import.meta.url));

/** A worker's process makes way for a new one after so many seeds, for what little each may leave behind. */
const seedsOfAProcess = 500;
/** A seed that takes longer hangs, as seconds of real time: most take one or two, those with hours of history a minute. */
const patienceSeconds = 3600;

/**
 * Runs seeds in `count` processes and gives each outcome as it comes, in any order. To stop iterating ends the processes.
 * A process that dies, or hangs, is the outcome of the seed that it ran.
 */
export async function* outcomes(runs: Iterator<SeedRun>, count: number): AsyncGenerator<Outcome> {
  const workers = Array.from({ length: count }, () => new Worker());
  const running = new Map<Worker, Promise<{ readonly worker: Worker; readonly outcome: Outcome }>>();
  const begin = (worker: Worker) => {
    const { value: run, done } = runs.next();
    if (done) running.delete(worker);
    else
      running.set(
        worker,
        worker.run(run).then((outcome) => ({ worker, outcome })),
      );
  };
  try {
    for (const worker of workers) begin(worker);
    while (running.size > 0) {
      const { worker, outcome } = await Promise.race(running.values());
      begin(worker);
      yield outcome;
    }
  } finally {
    for (const worker of workers) worker.end();
  }
}

class Worker {
  #process: ChildProcess | undefined;
  #seeds = 0;

  async run(run: SeedRun): Promise<Outcome> {
    if (this.#seeds++ % seedsOfAProcess === 0) this.end();
    this.#process ??= fork(program);
    const { seed } = run;
    const child = this.#process;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const died = (code: number | null, signal: string | null) => {
      this.#process = undefined;
      resolve({ seed, passed: false, why: `its process ended: ${signal ?? `exit code ${code}`}` });
    };
    const hung = setTimeout(() => {
      resolve({ seed, passed: false, why: `it still ran after ${patienceSeconds} seconds` });
      this.end();
    }, patienceSeconds * 1000);
    child.once("message", resolve);
    child.once("exit", died);
    child.send(run);
    const outcome = await promise;
    clearTimeout(hung);
    child.removeAllListeners("message");
    child.removeListener("exit", died);
    return outcome;
  }

  end(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }
}
