/**
 * How long a dev agent of the built command takes to answer HTTP, to have a ready node, and what it costs idle.
 *
 *     npm run bench -- dev-agent [starts] [idle seconds]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [starts = 20, idleSeconds = 60] = process.argv.slice(2).map(Number);
const nomad = fileURLToPath(new URL("../bin/nomad", import.meta.url));
/** Below those that the system gives to outgoing connections. */
const port = 24_646;
const ticksPerSecond = 100;

const directory = await mkdtemp(join(tmpdir(), "nomad-bench-"));
const config = join(directory, "agent.hcl");
await writeFile(config, `ports { http = ${port} rpc = ${port + 1} serf = ${port + 2} }\n`);

try {
  const answered: number[] = [];
  const ready: number[] = [];
  for (let round = 0; round < starts; round++) {
    const [agent, times] = await start();
    answered.push(times.answered);
    ready.push(times.ready);
    await end(agent);
  }
  report("HTTP answers after (ms)", answered);
  report("node is ready after (ms)", ready);
  const [agent] = await start();
  await sleep(2000);
  const before = cpuTicks(agent);
  await sleep(idleSeconds * 1000);
  const used = (cpuTicks(agent) - before) / ticksPerSecond / idleSeconds;
  console.log(`idle for ${idleSeconds} s: ${(used * 100).toFixed(2)} % of a core, ${residentMB(agent)} MB resident`);
  await end(agent);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function start(): Promise<[ChildProcess, { answered: number; ready: number }]> {
  const began = performance.now();
  const agent = spawn(nomad, ["agent", "-dev", "-config", config], { cwd: directory, stdio: "ignore" });
  let answered = 0;
  for (;;) {
    const nodes = await nodeStatuses();
    const elapsed = performance.now() - began;
    if (nodes !== undefined && answered === 0) answered = elapsed;
    if (nodes?.includes("ready")) return [agent, { answered, ready: elapsed }];
    if (elapsed > 30_000) throw new Error("the agent did not get ready in 30 s");
    await sleep(2);
  }
}

async function nodeStatuses(): Promise<readonly string[] | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/nodes?stale`);
    return ((await answer.json()) as { Status: string }[]).map((node) => node.Status);
  } catch {
    return undefined;
  }
}

async function end(agent: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => agent.once("exit", resolve));
  agent.kill("SIGINT");
  await exited;
}

function cpuTicks(agent: ChildProcess): number {
  const fields = readFileSync(`/proc/${agent.pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function residentMB(agent: ChildProcess): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${agent.pid}/status`, "utf8"));
  return Math.round(Number(line?.[1]) / 1024);
}

function report(what: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(0);
  console.log(`${what}: min ${at(0)}, median ${at(0.5)}, p90 ${at(0.9)}, max ${at(1)} of ${values.length} starts`);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
