/**
 * What an agent costs while tasks run that do nothing: processor and memory of the agent and of what watches over the tasks.
 *
 *     npm run bench -- running-tasks [tasks] [seconds] [driver] [watched]
 *
 * With `watched` a reader asks for all metrics every second, those of each task among them; without, nobody looks.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [, , tasks = "200", seconds = "60", driver = "raw_exec", watched] = process.argv;
const nomad = fileURLToPath(new URL("../bin/nomad", import.meta.url));
/** Below those that the system gives to outgoing connections. */
const port = 24_656;
const address = `http://127.0.0.1:${port}`;
const ticksPerSecond = 100;

const directory = await mkdtemp(join(tmpdir(), "nomad-bench-"));
const config = join(directory, "agent.hcl");
await writeFile(
  config,
  `ports { http = ${port} rpc = ${port + 1} serf = ${port + 2} }
telemetry { publish_allocation_metrics = ${watched === "watched"} }\n`,
);
const agent = spawn(nomad, ["agent", "-dev", "-config", config], { cwd: directory, stdio: "ignore" });
try {
  await seen("/v1/nodes", (nodes) => nodes.some(({ Status }) => Status === "ready"));
  await idle("before any task");
  const registered = await fetch(`${address}/v1/jobs`, { method: "PUT", body: JSON.stringify({ Job: job() }) });
  if (!registered.ok) throw new Error(await registered.text());
  const isRunning = ({ ClientStatus }: Shown) => ClientStatus === "running";
  await seen("/v1/job/sleep/allocations", (all) => all.filter(isRunning).length === Number(tasks));
  await sleep(10_000);
  await idle(`beside ${tasks} ${driver} tasks`);
} finally {
  agent.kill("SIGINT");
  await new Promise((resolve) => agent.once("exit", resolve));
  await rm(directory, { recursive: true, force: true });
}

interface Shown {
  readonly Status?: string;
  readonly ClientStatus?: string;
}

function job() {
  const task = {
    Name: "sleep",
    Driver: driver,
    Config: { command: "/bin/sleep", args: ["100000"] },
    Resources: { CPU: 20, MemoryMB: 10, DiskMB: 10 },
    LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
  };
  const group = { Name: "g", Count: Number(tasks), Tasks: [task] };
  return { ID: "sleep", Name: "sleep", Type: "service", Datacenters: ["dc1"], TaskGroups: [group] };
}

async function idle(when: string): Promise<void> {
  const before = cpuTicks(agent);
  const end = performance.now() + Number(seconds) * 1000;
  while (performance.now() < end) {
    if (watched === "watched") await fetch(`${address}/v1/metrics`).then((answer) => answer.arrayBuffer());
    await sleep(1000);
  }
  const used = (cpuTicks(agent) - before) / ticksPerSecond / Number(seconds);
  const threads = readdirSync(`/proc/${agent.pid}/fd`).length;
  console.log(
    `${when}: ${(used * 100).toFixed(2)} % of a core, ${residentMB(agent)} MB resident, ${threads} descriptors`,
  );
}

async function seen(path: string, passes: (answer: readonly Shown[]) => boolean): Promise<void> {
  for (const began = performance.now(); performance.now() - began < 120_000; await sleep(100)) {
    const answer = await fetch(address + path)
      .then((response) => response.json() as Promise<readonly Shown[]>)
      .catch(() => []);
    if (passes(answer)) return;
  }
  throw new Error(`${path} did not come to what was waited for`);
}

function cpuTicks({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function residentMB({ pid }: ChildProcess): number {
  const kB = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return Math.round(Number(kB) / 1024);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
