import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { pipeline, Readable } from "node:stream";
import type { PipedProgram, Program, RunResult } from "../processes.ts";
import { collected, exitOf, kill, started } from "./run-program.ts";

/** Starts a helper between two streams, in a process group of its own, which is killed when either side fails. */
export function pipeProgram(
  program: Program,
  options: { readonly signal: AbortSignal; readonly input?: AsyncIterable<Uint8Array> },
): PipedProgram {
  const { signal, input } = options;
  signal.throwIfAborted();
  const child = started(program);
  const stderr = collected(child.stderr);
  const end = Promise.withResolvers<RunResult>();
  // Told to whoever waits for the end, which may be after it.
  end.promise.catch(() => undefined);
  let isOver = false;
  const fail = (reason: unknown) => {
    end.reject(reason);
    if (!isOver) kill(child);
  };
  const abandon = () => fail(signal.reason);
  signal.addEventListener("abort", abandon, { once: true });
  feed(child, input, fail);
  child.once("error", end.reject);
  child.once("close", (exitCode, signalName) => {
    isOver = true;
    signal.removeEventListener("abort", abandon);
    end.resolve({ ...exitOf(exitCode, signalName), stdout: "", stderr: stderr() });
  });
  return { output: outputOf(child, end.promise), ended: end.promise };
}

/** What a helper prints. Where it is cut off, the reader learns why, as far as that is known. */
async function* outputOf(child: ChildProcessWithoutNullStreams, ended: Promise<RunResult>): AsyncGenerator<Uint8Array> {
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
  } catch (error) {
    await ended;
    throw error;
  }
}

const over = { done: true, value: undefined } as const;

/** A helper that does not read its input to the end is free to do so; an input that fails is told. */
function feed(
  child: ChildProcessWithoutNullStreams,
  input: AsyncIterable<Uint8Array> | undefined,
  fail: (reason: unknown) => void,
): void {
  if (input === undefined) {
    child.stdin.on("error", () => {}).end();
    return;
  }
  const source = input[Symbol.asyncIterator]();
  const next = async () => {
    try {
      return await source.next();
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  const chunks = { [Symbol.asyncIterator]: () => ({ next, return: async () => (await source.return?.()) ?? over }) };
  pipeline(Readable.from(chunks, { objectMode: false }), child.stdin, () => undefined);
}
