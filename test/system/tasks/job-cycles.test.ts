import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { Agents, type TestAgent } from "../support/agents.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";
import { cycleJobs, startCyclingAgent } from "./cycling-jobs.ts";
import type { KeptMemory } from "./memory-probe.ts";

/** Many jobs that are registered, run, end, are stopped, and are forgotten by server and client. */

const cycles = scaled({ merge: 20, release: 10_000 });
const atOnce = scaled({ merge: 10, release: 20 });

/** How much more may be kept after the second half than after the first, besides entries of the log. */
const mostGrowthMB = 4;
/** Of the log in memory, on average over what these jobs write. */
const bytesPerLogEntry = 1_060;

test(`R31, R29: ${cycles} jobs that came and went leave no process, descriptor, group, directory or memory`, {
  timeout: (cycles + 120) * 1000,
}, async () => {
  const agents = await Agents.begin();
  try {
    const { agent, probe } = await startCyclingAgent(agents);
    // What is made once is there after the first jobs.
    await cycleJobs(agent, { name: "first", count: atOnce, atOnce });
    const before = await leavings(agent);
    await cycleJobs(agent, { name: "half", count: cycles / 2, atOnce });
    const half = await probe.kept();
    await cycleJobs(agent, { name: "whole", count: cycles / 2, atOnce });
    assert.deepEqual(await leavings(agent), before);
    const whole = await probe.kept();
    probe.close();
    const kept = ({ heapMB, buffersMB, logEntries }: KeptMemory) =>
      heapMB + buffersMB - (logEntries * bytesPerLogEntry) / 2 ** 20;
    const told = (memory: KeptMemory) =>
      `${memory.heapMB.toFixed(1)} MB of heap, ${memory.buffersMB.toFixed(1)} MB of buffers, with ${memory.logEntries} entries ` +
      `of the log, ${kept(memory).toFixed(1)} MB without; ${memory.residentMB.toFixed(0)} MB resident`;
    console.log(`after ${cycles / 2} jobs ${told(half)}; after ${cycles} jobs ${told(whole)}`);
    assert.ok(kept(whole) - kept(half) < mostGrowthMB, `${kept(whole) - kept(half)} MB more`);
  } finally {
    await agents.dispose();
  }
});

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
