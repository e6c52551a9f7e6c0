/**
 * How soon raw_exec tasks run on a dev agent of the built command, one alone and many at once, and how much memory agent and
 * supervisors then take together.
 *
 *     npm run bench -- starting-tasks [tasks at once] [single starts]
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [atOnce = 100, singles = 30] = process.argv.slice(2).map(Number);
const nomad = fileURLToPath(new URL("../bin/nomad", import.meta.url));
/** Below those that the system gives to outgoing connections. */
const port = 24_676;
const address = `http://127.0.0.1:${port}`;
const patienceMs = 60_000;
/** Between single starts, so that each finds an agent that rests. */
const restMs = 1_000;

const directory = await mkdtemp(join(tmpdir(), "nomad-bench-tasks-"));
const config = join(directory, "agent.hcl");
await writeFile(config, `ports { http = ${port} rpc = ${port + 1} serf = ${port + 2} }\n`);

try {
  await withAgent(oneByOne);
  await withAgent(manyAtOnce);
} finally {
  await rm(directory, { recursive: true, force: true });
}

/**
 * From the registration of a job of one task until its process has written to a FIFO, and until the API shows it running.
 * Nobody asks again and again meanwhile: to answer is work for the agent that starts the task.
 */
async function oneByOne(): Promise<void> {
  const started: number[] = [];
  const seen: number[] = [];
  for (let round = 0; round < singles; round++) {
    await sleep(restMs);
    const id = `single-${round}`;
    const mark = join(directory, id);
    execFileSync("mkfifo", [mark]);
    const began = performance.now();
    const sinceBegan = () => performance.now() - began;
    const processRuns = readFile(mark).then(sinceBegan);
    await register(id, 1, `echo >${mark}; exec sleep 3600`);
    const [process, api] = await Promise.all([processRuns, waitForRunning(id, 1).then(sinceBegan)]);
    started.push(process);
    seen.push(api);
    await fetch(`${address}/v1/job/${id}`, { method: "DELETE" });
    await waitForRunning(id, 0);
  }
  report("one task: process started after (ms)", started);
  report("one task: seen running after (ms)", seen);
}

/** One job of many allocations, from its registration until the API shows all of them running. */
async function manyAtOnce(agent: ChildProcess): Promise<void> {
  const alone = memoryOf([agent.pid as number]);
  const began = performance.now();
  await register("many", atOnce, "exec sleep 3600");
  await waitForRunning("many", atOnce);
  const elapsed = performance.now() - began;
  console.log(`${atOnce} tasks at once: all seen running after ${elapsed.toFixed(0)} ms`);
  const shims = supervisors(agent.pid as number);
  const [agentNow, ofShims] = [memoryOf([agent.pid as number]), memoryOf(shims)];
  const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
  console.log(`agent: ${megabytes(alone.rss)} MB resident before, ${megabytes(agentNow.rss)} MB with them`);
  console.log(
    `${shims.length} supervisors: ${megabytes(ofShims.rss)} MB resident, ${megabytes(ofShims.pss)} MB proportional; ` +
      `each ${megabytes(ofShims.rss / shims.length)} and ${megabytes(ofShims.pss / shims.length)} MB`,
  );
  console.log(`agent and supervisors together: ${megabytes(agentNow.pss + ofShims.pss)} MB proportional`);
}

async function withAgent(measure: (agent: ChildProcess) => Promise<void>): Promise<void> {
  const words = join(directory, "errors");
  const agent = spawn(nomad, ["agent", "-dev", "-config", config], {
    ...{ cwd: directory, stdio: ["ignore", "ignore", openSync(words, "a")] },
  });
  const exited = new Promise((resolve) => agent.once("exit", resolve));
  const failed = exited.then(() => Promise.reject(new Error(`The agent has ended: ${readFileSync(words, "utf8")}`)));
  failed.catch(() => undefined);
  try {
    const ready = until(async () => ((await nodeStatuses()).includes("ready") ? true : undefined), 20);
    await Promise.race([ready, failed]);
    await measure(agent);
  } finally {
    agent.kill("SIGINT");
    await exited;
  }
}

async function nodeStatuses(): Promise<readonly string[]> {
  const answer = await fetch(`${address}/v1/nodes?stale`).catch(() => undefined);
  return answer?.ok ? ((await answer.json()) as { Status: string }[]).map((node) => node.Status) : [];
}

/** A job whose allocations ask for as little as they may. */
async function register(id: string, count: number, script: string): Promise<void> {
  const task = {
    ...{ Name: "main", Driver: "raw_exec", Config: { command: "/bin/sh", args: ["-c", script] } },
    Resources: { CPU: 20, MemoryMB: 10, DiskMB: 0, IOPS: 0 },
    LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
  };
  const group = { Name: "app", Count: count, EphemeralDisk: { SizeMB: 10 }, Tasks: [task] };
  const job = {
    ID: id,
    Name: id,
    Region: "global",
    Type: "service",
    Priority: 50,
    Datacenters: ["dc1"],
    TaskGroups: [group],
  };
  const answer = await fetch(`${address}/v1/jobs`, { method: "PUT", body: JSON.stringify({ Job: job }) });
  if (!answer.ok) throw new Error(`The job was refused: ${await answer.text()}`);
}

/** Waits with blocking queries until so many allocations of a job run. */
async function waitForRunning(id: string, count: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let index = "0"; performance.now() < deadline; ) {
    const answer = await fetch(`${address}/v1/job/${id}/allocations?index=${index}&wait=5s`);
    const allocations = (await answer.json()) as { ClientStatus: string }[];
    if (allocations.filter(({ ClientStatus }) => ClientStatus === "running").length === count) return;
    index = answer.headers.get("x-nomad-index") ?? "0";
  }
  throw new Error(`Of ${id} not ${count} ran within ${patienceMs / 1000} s`);
}

/** The shells over the agent's tasks, and the one that starts them. */
function supervisors(agent: number): number[] {
  const starters = childrenOf(agent).filter((pid) => commandOf(pid).includes("nomad-starter"));
  return [...starters, ...starters.flatMap(childrenOf).filter((pid) => commandOf(pid).includes("nomad-starter"))];
}

function childrenOf(parent: number): number[] {
  return readdirSync(`/proc/${parent}/task`)
    .flatMap((thread) => readFileSync(`/proc/${parent}/task/${thread}/children`, "utf8").split(" ").filter(Boolean))
    .map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}

/** Bytes in memory: counted whole for each process, and with what several share divided among them. */
function memoryOf(pids: readonly number[]): { readonly rss: number; readonly pss: number } {
  const texts = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  const sum = (name: string) =>
    texts.reduce((total, text) => total + Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) * 1024, 0);
  return { rss: sum("Rss"), pss: sum("Pss") };
}

async function until<Value>(probe: () => Promise<Value | undefined>, everyMs: number): Promise<Value> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Not within ${patienceMs / 1000} s`);
    await sleep(everyMs);
  }
}

function report(what: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(0);
  console.log(`${what}: min ${at(0)}, median ${at(0.5)}, p90 ${at(0.9)}, max ${at(1)} of ${values.length}`);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
