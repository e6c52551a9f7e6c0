import { parentPort, workerData } from "node:worker_threads";
import { SeededRandom } from "../../src/base/index.ts";
import { damaged } from "./mutations.ts";
import { brokenTargets, targets } from "./targets.ts";

/**
 * Feeds one decoder, in a thread of its own: another thread sees by `shared` which input is under way and since when
 * the number of inputs does not grow, and so notices what never returns.
 */

const { name, inputs, seed, shared } = workerData as {
  readonly name: string;
  readonly inputs: number;
  readonly seed: string;
  readonly shared: SharedArrayBuffer;
};
const load = targets[name] ?? brokenTargets[name];
if (load === undefined) throw new Error(`There is no decoder "${name}"`);
const target = await load();
const counters = new Int32Array(shared, 0, 2);
const current = new Uint8Array(shared, 8);
const random = new SeededRandom(`${seed}/${name}`);
let understood = 0;
/** Promises settle without others having their turn; now and then they must, or the watcher could not end us. */
const turn = 10_000;
/** What an input may take of the processor, in milliseconds: what others take of it is not the decoder's doing. */
const longest = 1_000;
/**
 * Inputs after which the processor's time is asked for. That takes longer than most inputs do, so it is not asked
 * around each: one that took long by the clock is held against what all since the last time took.
 */
const together = 100;

// Most inputs are refused, and then a long stack would be most of the work.
Error.stackTraceLimit = 1;
process.on("unhandledRejection", (error) => failed(error));

let processor = process.threadCpuUsage();
let began = performance.now();
for (let done = 0; done < inputs; done++) {
  const input = damaged(target.samples, random);
  counters[0] = done;
  counters[1] = input.length;
  current.set(input);
  try {
    const feeding = target.feed(input, random);
    if (feeding !== undefined) await feeding;
    understood++;
  } catch (error) {
    if (!target.refusals.some((refusal) => isA(error, refusal.prototype))) failed(error);
  }
  const now = performance.now();
  if (now - began > longest && processorTime() > longest) failed(new Error(`it takes ${processorTime()} ms`));
  if (done % together === 0) processor = process.threadCpuUsage();
  began = now;
  if (done % turn === 0) await new Promise((resolve) => setImmediate(resolve));
}
await new Promise((resolve) => setImmediate(resolve));
counters[0] = inputs;
parentPort?.postMessage({ kind: "done", understood });

/** Of this thread, since it was last asked for; in milliseconds. */
function processorTime(): number {
  const { user, system } = process.threadCpuUsage(processor);
  return (user + system) / 1000;
}

/** As `instanceof`, also for a class whose constructor is its own. */
function isA(error: unknown, kind: Error): boolean {
  return typeof error === "object" && error !== null && Object.prototype.isPrototypeOf.call(kind, error);
}

function failed(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  parentPort?.postMessage({
    kind: "failed",
    text,
    input: Buffer.from(current.subarray(0, counters[1])).toString("hex"),
  });
  process.exit(0);
}
