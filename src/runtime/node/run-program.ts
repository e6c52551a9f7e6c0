import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { Program, RunResult } from "../processes.ts";
import { processTree, sendSignal } from "./process-table.ts";

/** How much of each output is kept, of its beginning. */
const outputLimitBytes = 1024 * 1024;

/**
 * Runs a helper in a process group of its own until it has ended and closed its output; with `lastBytes`, the end of each
 * output is kept in place of the beginning. When `signal` fires, the whole group is killed, with all that descends from the
 * helper, and the promise rejects with the signal's reason.
 */
export function runProgram(
  program: Program,
  options: { readonly signal?: AbortSignal; readonly input?: Uint8Array; readonly lastBytes?: number } = {},
): Promise<RunResult> {
  const { signal, input, lastBytes } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const child = started(program);
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) =>
      lastBytes === undefined ? collected(stream) : lastOf(stream, lastBytes),
    ) as [() => string, () => string];
    // A helper that does not read its input to the end is free to do so.
    child.stdin.on("error", () => {}).end(input);
    const end = () => kill(child);
    signal?.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("close", (exitCode, signalName) => {
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) return reject(signal.reason);
      resolve({ ...exitOf(exitCode, signalName), stdout: stdout(), stderr: stderr() });
    });
  });
}

/** Starts a helper in a process group of its own. */
export function started(program: Program): ChildProcessWithoutNullStreams {
  return spawn(program.command, program.args, {
    ...{ cwd: program.workingDirectory, env: { ...program.env }, uid: program.user?.uid, gid: program.user?.gid },
    ...{ detached: true, stdio: ["pipe", "pipe", "pipe"] },
  });
}

/** Ends a helper that has not ended yet, with all that it started. */
export function kill(child: ChildProcessWithoutNullStreams): void {
  if (child.pid !== undefined) killAll(child.pid);
  // Whoever has left the group may still hold these.
  child.stdout.destroy();
  child.stderr.destroy();
}

/** A helper's helpers may have left its group; those are found as long as their parents live. */
function killAll(pid: number): void {
  const tree = processTree(pid);
  sendSignal(-pid, constants.signals.SIGKILL);
  for (const descendant of tree) sendSignal(descendant, constants.signals.SIGKILL);
}

/** How a process ended, as a shell reports it. */
export function exitOf(
  exitCode: number | null,
  signalName: NodeJS.Signals | null,
): { exitCode: number; signal: number } {
  const signal = signalName === null ? 0 : constants.signals[signalName];
  return { exitCode: exitCode ?? 128 + signal, signal };
}

/** Collects what a stream gives; the returned function tells it as text. What exceeds the limit is dropped. */
export function collected(stream: Readable): () => string {
  const chunks: Uint8Array[] = [];
  let room = outputLimitBytes;
  stream.on("data", (chunk: Uint8Array) => {
    const kept = chunk.subarray(0, room);
    room -= kept.length;
    if (kept.length > 0) chunks.push(kept);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

/** Keeps the last of what a stream gives; the returned function tells it as text. */
function lastOf(stream: Readable, bytes: number): () => string {
  let kept = Buffer.alloc(0);
  stream.on("data", (chunk: Uint8Array) => {
    kept = Buffer.concat([kept, chunk.subarray(-bytes)]).subarray(-bytes);
  });
  return () => kept.toString("utf8");
}
