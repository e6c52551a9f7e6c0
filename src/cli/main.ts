import { createReadStream } from "node:fs";
import { join } from "node:path";
import { type Duration, inMilliseconds, instantOf } from "../base/index.ts";
import type { Environment, Output } from "./environment.ts";
import type { ZoneAt } from "./format/times.ts";
import { runCommandLine } from "./run-command-line.ts";
import { agentProcess } from "./world/agent-process.ts";
import { localFiles } from "./world/local-files.ts";
import { localTimeZone } from "./world/time-zone.ts";

/**
 * The process entry: makes the real environment, runs the command, ends with its exit code. What is not needed by
 * every command is loaded when it is asked for, because people wait for each start.
 */

/** Exit code of a program that writes to a pipe nobody reads: 128 and SIGPIPE. */
const brokenPipe = 141;

const interrupted = new AbortController();
let zone: ZoneAt | undefined;

const environment: Environment = {
  variables: process.env,
  output: outputTo(() => process.stdout),
  errors: outputTo(() => process.stderr),
  terminal: () => process.stdout.isTTY && process.env.TERM !== "dumb",
  input: { [Symbol.asyncIterator]: () => process.stdin[Symbol.asyncIterator]() },
  workingDirectory: process.cwd(),
  zoneAt: (seconds) => {
    zone ??= localTimeZone(process.env.TZ);
    return zone(seconds);
  },
  // Keys are made of it: what is drawn must not be foretold.
  random: {
    below: (below) => (below <= 1 ? 0 : process.getBuiltinModule("node:crypto").randomInt(below)),
  },
  now: () => instantOf(Date.now() * 1e6),
  sleep: (time: Duration) => new Promise((resolve) => setTimeout(resolve, inMilliseconds(time))),
  readFile: (path) => createReadStream(path),
  localFiles,
  replaceFile: async (path, text) => {
    const { replaceFile } = await import("./world/save-file.ts");
    return replaceFile(path, text);
  },
  createFile: async (path, text, mode) => {
    const { createFile } = await import("./world/save-file.ts");
    return createFile(path, text, mode);
  },
  saveFile: async (path, pieces, mode) => {
    const { saveFile } = await import("./world/save-file.ts");
    return saveFile(path, pieces, mode);
  },
  userFiles: async () => (await import("./world/user-files.ts")).userFiles,
  program: join(import.meta.dirname, "../../bin/nomad"),
  transport: (address) => ({
    send: async (request) => {
      const { NodeHttpClient } = await import("./world/transport.ts");
      return new NodeHttpClient(address, { proxies: process.env }).send(request);
    },
  }),
  interruption: () => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interrupted.abort());
    return interrupted.signal;
  },
  agentProcess,
};

/** Opens the stream with the first text: to open one takes a while, and most commands need but one. */
function outputTo(open: () => NodeJS.WriteStream): Output {
  let stream: NodeJS.WriteStream | undefined;
  return {
    write: (chunk) => {
      stream ??= open().on("error", (error: NodeJS.ErrnoException) => {
        process.exit(error.code === "EPIPE" ? brokenPipe : 1);
      });
      stream.write(chunk);
    },
  };
}

/** A defect: nothing that follows can be trusted. */
function fail(error: unknown): never {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`nomad: unexpected error: ${text}\n`);
  process.exit(1);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
void runCommandLine(environment, process.argv.slice(2)).then((code) => process.exit(code));
