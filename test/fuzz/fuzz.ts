import { Worker } from "node:worker_threads";

/** What became of the inputs. */
export interface Fuzzed {
  readonly understood: number;
  readonly seconds: number;
  /** The highest resident memory of the whole process meanwhile, in MB. */
  readonly memory: number;
}

/** A decoder did what it must not; the message holds the input. */
export class DecoderBroken extends Error {
  override readonly name = "DecoderBroken";
}

/**
 * An input that takes longer never ends, in milliseconds. The thread itself tells of those that take more than a second
 * of its processor; this is for what does not return to tell.
 */
const longest = 20_000;
/** What a thread may hold, in MB: one that keeps what it was fed ends by it. */
const heap = 96;
const roomForInput = 16 * 1024;

/** Feeds `inputs` to the decoder of this name. Rejects with `DecoderBroken` for an error it must not throw, and for a hang. */
export async function fuzz(name: string, options: { readonly inputs: number; readonly seed: string }): Promise<Fuzzed> {
  const shared = new SharedArrayBuffer(8 + roomForInput);
  const counters = new Int32Array(shared, 0, 2);
  const began = performance.now();
  const worker = new Worker(new URL("thread.ts", import.meta.url), {
    workerData: { name, shared, ...options },
    resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: 16 },
  });
  let memory = 0;
  let [last, since] = [-1, performance.now()];
  const outcome = Promise.withResolvers<number>();
  const watch = setInterval(() => {
    memory = Math.max(memory, process.memoryUsage.rss() / 1024 / 1024);
    const [at = 0, length = 0] = counters;
    if (at !== last) [last, since] = [at, performance.now()];
    // The first input waits for the modules to load, and the last for the thread to say that it is done.
    else if (at > 0 && at < options.inputs && performance.now() - since > longest) {
      const input = Buffer.from(new Uint8Array(shared, 8, length)).toString("hex");
      outcome.reject(new DecoderBroken(`${name}: input ${at} takes more than ${longest} ms: ${input}`));
    }
  }, 100);
  worker.on("message", ({ kind, understood, text, input }) => {
    if (kind === "done") outcome.resolve(understood);
    else outcome.reject(new DecoderBroken(`${name}: input ${counters[0]} ${input}: ${text}`));
  });
  worker.on("error", (error) => outcome.reject(error));
  worker.on("exit", () => outcome.reject(new DecoderBroken(`${name}: the thread ended at input ${counters[0]}`)));
  try {
    return { understood: await outcome.promise, seconds: (performance.now() - began) / 1000, memory };
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}
