import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { Program, RunResult } from "../processes.ts";
import { sendSignal } from "./process-table.ts";

/** How much of each output is kept. */
const outputLimitBytes = 1024 * 1024;

/**
 * Runs a helper in a process group of its own until it has ended and closed its output. When `signal` fires, the whole
 * group is killed and the promise rejects with the signal's reason.
 */
export function runProgram(
  program: Program,
  options: { readonly signal?: AbortSignal; readonly input?: Uint8Array } = {},
): Promise<RunResult> {
  const { signal, input } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const child = spawn(program.command, program.args, {
      ...{ cwd: program.workingDirectory, env: { ...program.env }, uid: program.user?.uid, gid: program.user?.gid },
      ...{ detached: true, stdio: ["pipe", "pipe", "pipe"] },
    });
    const stdout = collected(child.stdout);
    const stderr = collected(child.stderr);
    // A helper that does not read its input to the end is free to do so.
    child.stdin.on("error", () => {}).end(input);
    const end = () => {
      if (child.pid !== undefined) sendSignal(-child.pid, constants.signals.SIGKILL);
      // Whoever has left the group may still hold these.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    signal?.addEventListener("abort", end, { once: true });
    child.once("error", reject);
    child.once("close", (exitCode, signalName) => {
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) return reject(signal.reason);
      const number = signalName === null ? 0 : constants.signals[signalName];
      resolve({ exitCode: exitCode ?? 128 + number, signal: number, stdout: stdout(), stderr: stderr() });
    });
  });
}

/** Collects what a stream gives; the returned function tells it as text. What exceeds the limit is dropped. */
function collected(stream: Readable): () => string {
  const chunks: Uint8Array[] = [];
  let room = outputLimitBytes;
  stream.on("data", (chunk: Uint8Array) => {
    const kept = chunk.subarray(0, room);
    room -= kept.length;
    if (kept.length > 0) chunks.push(kept);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
