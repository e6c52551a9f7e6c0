import { availableParallelism, hostname } from "node:os";
import type { AgentProcess } from "../../agent/index.ts";
import { printableLines } from "../format/printable.ts";

const signalNames = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"] as const;

/** The process and machine as an agent that runs in them needs them. From this call on, signals come to the agent. */
export function agentProcess(): AgentProcess {
  return {
    machine: { hostName: hostname(), processors: availableParallelism() },
    commandLine: withoutSecrets(["nomad", ...process.argv.slice(2)]),
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${printableLines(text)}\n`),
    signals: signals(),
    onUncaught: (report) => {
      for (const name of ["uncaughtException", "unhandledRejection"]) {
        // The agent ends in its own way, in place of the command's.
        process.removeAllListeners(name);
        process.on(name, report);
      }
    },
    runtimeStatistics: () => ({
      arch: process.arch === "x64" ? "amd64" : process.arch,
      cpu_count: String(availableParallelism()),
      goroutines: String(process.getActiveResourcesInfo().length),
      "kernel.name": process.platform,
      max_procs: String(availableParallelism()),
      version: `node${process.version.slice(1)}`,
    }),
  };
}

/** The one flag that is a secret has its value after it, or behind an equals sign. */
function withoutSecrets(words: readonly string[]): readonly string[] {
  const flag = /^--?atlas-token/;
  return words.map((word, at) => {
    if (flag.test(word)) return word.replace(/=.*/s, "=<redacted>");
    return /^--?atlas-token$/.test(words[at - 1] ?? "") ? "<redacted>" : word;
  });
}

/** Every signal since the call, in order: one that comes while nobody waits is kept. */
function signals(): AsyncIterable<string> {
  const kept: string[] = [];
  const waiting: ((signal: IteratorResult<string>) => void)[] = [];
  for (const name of signalNames) {
    process.on(name, () => {
      const waiter = waiting.shift();
      if (waiter === undefined) kept.push(name);
      else waiter({ value: name, done: false });
    });
  }
  const next = (): Promise<IteratorResult<string>> => {
    const value = kept.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    return new Promise((resolve) => waiting.push(resolve));
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}
