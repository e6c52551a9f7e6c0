/** A test that a guest runs by itself: the built agent, and jobs of exec. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

interface Allocation {
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<Record<string, { readonly Events: readonly { readonly Message: string }[] }>>;
}

const address = "http://127.0.0.1:4646";
const groups = "/sys/fs/cgroup";
let agent: ChildProcess;

before(() => {
  agent = spawn("/guest/nomad/bin/nomad", ["agent", "-dev"], { stdio: ["ignore", "ignore", "inherit"] });
});
after(async () => {
  agent.kill("SIGINT");
  await once(agent, "exit");
});

async function ask(path: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(`${address}${path}`, init);
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

/** What an answer is, once it passes. */
async function seen<Answer>(path: string, passes: (answer: Answer) => boolean): Promise<Answer> {
  let last: unknown;
  for (const end = performance.now() + 60_000; performance.now() < end; await pause(100)) {
    last = await ask(path).catch(() => undefined);
    if (last !== undefined && passes(last as Answer)) return last as Answer;
  }
  throw new Error(`${path} is still ${JSON.stringify(last)}`);
}

async function run(ID: string, script: string): Promise<void> {
  const Config = { command: "/bin/sh", args: ["-c", script] };
  const task = { Name: "t", Driver: "exec", Config, Resources: { CPU: 500, MemoryMB: 24, DiskMB: 10 } };
  const LogConfig = { MaxFiles: 1, MaxFileSizeMB: 1 };
  const RestartPolicy = { Attempts: 0, Interval: 60e9, Delay: 1e9, Mode: "fail" };
  const group = { Name: "g", Count: 1, RestartPolicy, Tasks: [{ ...task, LogConfig }] };
  const common = { Region: "global", Type: "batch", Priority: 50, Datacenters: ["dc1"] };
  await ask("/v1/jobs", {
    method: "PUT",
    body: JSON.stringify({ Job: { ID, Name: ID, ...common, TaskGroups: [group] } }),
  });
}

const ownGroups = () => readdirSync(groups).filter((name) => name.startsWith("nomad-"));

test("a node says that its control groups are of version 2, and offers exec", async () => {
  const [node] = await seen<{ ID: string; Status: string }[]>("/v1/nodes", (nodes) => nodes[0]?.Status === "ready");
  const { Attributes } = (await ask(`/v1/node/${node?.ID}`)) as { Attributes: Record<string, string> };
  assert.deepEqual([Attributes["unique.cgroup.version"], Attributes["driver.exec"]], ["v2", "1"]);
});

test("a job's task that takes more memory than it has is killed, and told to have run out of it", async () => {
  await run("greedy", "tail /dev/zero");
  const [ended] = await seen<Allocation[]>("/v1/job/greedy/allocations", (all) => all[0]?.ClientStatus === "failed");
  assert.match(ended?.TaskStates.t?.Events.map(({ Message }) => Message).join() ?? "", /OOM Killed/);
});

test("a task has its limits and its weight in one group, which is gone after it", async () => {
  await run("limited", "sleep 600");
  await seen<Allocation[]>("/v1/job/limited/allocations", (all) => all[0]?.ClientStatus === "running");
  const [name, ...others] = ownGroups();
  assert.deepEqual(others, []);
  const limits = ["memory.max", "memory.swap.max", "cpu.weight", "pids.max"];
  const values = limits.map((file) => readFileSync(`${groups}/${name}/${file}`, "utf8").trim());
  // 500 of 2 to 262144 shares, on the scale of weights.
  assert.deepEqual(values.slice(0, 3), [String(24 * 2 ** 20), "0", "19"]);
  assert.ok(Number(values[3]) <= 4096);
  await ask("/v1/job/limited", { method: "DELETE" });
  await seen<Allocation[]>("/v1/job/limited/allocations", (all) => all[0]?.ClientStatus === "complete");
  for (const end = performance.now() + 20_000; ownGroups().length > 0; await pause(50)) {
    assert.ok(performance.now() < end, `${ownGroups()} are left`);
  }
});
