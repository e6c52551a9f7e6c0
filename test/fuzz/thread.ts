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
/** What an input may take of the processor, in microseconds: what others take of it is not the decoder's doing. */
const longest = 1_000_000;

process.on("unhandledRejection", (error) => failed(error));

for (let done = 0; done < inputs; done++) {
  const input = damaged(target.samples, random);
  counters[0] = done;
  counters[1] = input.length;
  current.set(input);
  const began = process.threadCpuUsage();
  try {
    const feeding = target.feed(input, random);
    if (feeding !== undefined) await feeding;
    understood++;
  } catch (error) {
    if (!target.refusals.some((refusal) => isA(error, refusal.prototype))) failed(error);
  }
  const used = process.threadCpuUsage(began);
  if (used.user + used.system > longest) failed(new Error(`it takes ${(used.user + used.system) / 1000} ms`));
  if (done % turn === 0) await new Promise((resolve) => setImmediate(resolve));
}
await new Promise((resolve) => setImmediate(resolve));
counters[0] = inputs;
parentPort?.postMessage({ kind: "done", understood });

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
