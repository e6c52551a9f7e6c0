import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { Agents, type TestAgent } from "../support/agents.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";

/** Many jobs that are registered, run, end, are stopped, and are forgotten by server and client. */

const cycles = scaled({ merge: 20, release: 10_000 });
const atOnce = scaled({ merge: 10, release: 20 });
const settings = `server { enabled = true bootstrap_expect = 1 }
client { enabled = true network_interface = "lo" options { "driver.raw_exec.enable" = "1" } gc_max_allocs = 100000 }`;

const shell = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });
const job = (ID: string, script: string) => ({
  ...{ ID, Name: ID, Region: "global", Type: "batch", Priority: 50, Datacenters: ["dc1"] },
  TaskGroups: [
    {
      ...{ Name: "g", Count: 1, RestartPolicy: { Attempts: 0, Interval: 60e9, Delay: 1e9, Mode: "fail" } },
      Tasks: [
        {
          ...{ Name: "t", Driver: "raw_exec", Config: shell(script) },
          LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
          Resources: { CPU: 20, MemoryMB: 10, DiskMB: 10 },
        },
      ],
    },
  ],
});

test(`R31, R29: ${cycles} jobs that came and went leave no process, descriptor, group or directory, and no memory to speak of`, {
  timeout: (cycles + 120) * 1000,
}, async () => {
  const agents = await Agents.begin();
  try {
    const agent = await agents.start({ name: "all", settings });
    await agent.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready");
    // What is made once is there after the first jobs.
    await cycle(agent, "first", atOnce);
    const before = await leavings(agent);
    await cycle(agent, "half", cycles / 2);
    const half = residentMB(agent);
    await cycle(agent, "whole", cycles / 2);
    assert.deepEqual(await leavings(agent), before);
    const whole = residentMB(agent);
    console.log(`resident: ${half.toFixed(0)} MB after ${cycles / 2} jobs, ${whole.toFixed(0)} MB after ${cycles}`);
    assert.ok(whole - half < 64, `${whole - half} MB more`);
  } finally {
    await agents.dispose();
  }
});

/** Half of the jobs end by themselves, the others are stopped; then all is collected. */
async function cycle(agent: TestAgent, name: string, count: number): Promise<void> {
  for (let first = 0; first < count; first += atOnce) {
    const ids = Array.from({ length: atOnce }, (_, at) => `${name}-${first + at}`);
    const register = async (ID: string, at: number) => {
      const body = JSON.stringify({ Job: job(ID, at % 2 === 0 ? "exit 0" : "sleep 1000 & wait") });
      assert.equal((await agent.ask("/v1/jobs", { method: "PUT", body })).status, 200);
    };
    await Promise.all(ids.map(register));
    await agent.seen<readonly { ClientStatus: string }[]>(
      `those of ${ids[0]} have begun`,
      "/v1/allocations",
      (all) => all.length >= atOnce && all.every(({ ClientStatus }) => ClientStatus !== "pending"),
      60,
    );
    await Promise.all(ids.map((id) => agent.ask(`/v1/job/${id}`, { method: "DELETE" })));
    await eventually(
      `all is forgotten after ${ids[0]}`,
      async () => {
        await agent.ask("/v1/system/gc", { method: "PUT" });
        return (await agent.get<readonly unknown[]>("/v1/allocations")).length === 0 ? true : undefined;
      },
      60,
      100,
    );
  }
}

/** What the agent has of tasks: directories, processes, also dead ones that nobody took notice of, descriptors, groups. */
async function leavings(agent: TestAgent) {
  const found = async () => ({
    directories: await readdir(`${agent.dataDirectory}/alloc`),
    supervision: await readdir(`${agent.dataDirectory}/client/supervision`),
    children: childrenOf(agent.pid),
    files: readdirSync(`/proc/${agent.pid}/fd`)
      .map((fd) => targetOf(`/proc/${agent.pid}/fd/${fd}`))
      .filter((target) => target.startsWith(agent.dataDirectory))
      .sort(),
    groups: groupsOf(agent.pid),
  });
  await eventually(
    "the client has removed what the server has forgotten",
    async () => {
      const { directories, supervision, children } = await found();
      return directories.length + supervision.length + children.length === 0 ? true : undefined;
    },
    60,
  );
  return found();
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

/** Processes that the agent and the shell that starts its tasks have begun, besides that shell. */
function childrenOf(pid: number): readonly number[] {
  return namesIn(`/proc/${pid}/task`)
    .flatMap((thread) => textOf(`/proc/${pid}/task/${thread}/children`).trim().split(" "))
    .filter((child) => child !== "")
    .flatMap((child) => (isStarter(child) ? childrenOf(Number(child)) : [Number(child)]));
}

function isStarter(pid: string): boolean {
  return textOf(`/proc/${pid}/cmdline`).endsWith("\0nomad-starter\0");
}

/** Nothing of a process that has gone meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Control groups bear the number of the agent that made them. */
function groupsOf(pid: number): readonly string[] {
  const roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/freezer"];
  return roots.flatMap((root) => namesIn(root)).filter((name) => name.startsWith(`nomad-${pid}-`));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function residentMB(agent: TestAgent): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${agent.pid}/status`, "latin1"))?.[1]) / 1024;
}
