/**
 * How fast a state is written as a snapshot and read again, and for how long that holds up all else at a time.
 *
 *     npm run bench -- snapshot [jobs, each with two evaluations]
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { evaluation, job } from "../src/model/index.ts";
import {
  encodeCommand,
  evaluationsUpdate,
  jobRegister,
  restoreSnapshot,
  State,
  writeSnapshot,
} from "../src/state/index.ts";

const [jobs = 50_000] = process.argv.slice(2).map(Number);
const rows = 4 * jobs;
const at = Date.now() * 1e6;

const state = new State();
for (let each = 0, index = 0; each < jobs; each++) {
  const task = { Name: "server", Driver: "raw_exec", Config: { command: "/bin/sleep" }, Resources: { CPU: 100 } };
  const Job = job.parse({ ID: `job-${each}`, Type: "service", TaskGroups: [{ Name: "web", Count: 1, Tasks: [task] }] });
  const [Eval, blocked] = ["complete", "blocked"].map((Status) =>
    evaluation.parse({ ID: crypto.randomUUID(), Namespace: "", JobID: Job.ID, Status }),
  ) as [never, never];
  state.apply({ index: ++index, data: encodeCommand(jobRegister, { Job, Eval }, { at } as never) });
  state.apply({ index: ++index, data: encodeCommand(evaluationsUpdate, { Evals: [blocked] }, { at } as never) });
}

const pieces: Uint8Array[] = [];
await measured("written", async () => {
  for await (const piece of slowly(writeSnapshot(state.view()))) pieces.push(piece);
});
await measured("restored", async () => {
  await restoreSnapshot(slowly(pieces));
});

/** As from a disk, or onto one: each piece has a turn of its own. */
async function* slowly(all: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const piece of all) {
    await new Promise((resolve) => setImmediate(resolve));
    yield piece;
  }
}

async function measured(what: string, work: () => Promise<void>): Promise<void> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  delays.disable();
  const megabytes = pieces.reduce((sum, { length }) => sum + length, 0) / 1e6;
  console.log(
    `${what} ${rows} rows, ${megabytes.toFixed(0)} MB in ${seconds.toFixed(2)} s: ${(megabytes / seconds).toFixed(0)} MB ` +
      `and ${(rows / seconds).toFixed(0)} rows per second; longest stall ${(delays.max / 1e6).toFixed(0)} ms`,
  );
}
