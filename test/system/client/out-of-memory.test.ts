import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Agents, type TestAgent } from "../support/agents.ts";
import { emptyJob } from "../support/job-writers.ts";
import { eventually, nomadProgram } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";
import { allocationOf, LastingTask, printed, serverAndClient, storyOf } from "./lasting-task.ts";

/** An agent that the kernel kills, since the group in which it is has no more memory for it. */

const rounds = scaled({ merge: 1, release: 10 });
const limitBytes = 256 * 2 ** 20;
const filler = fileURLToPath(new URL("../support/heap-filler.ts", import.meta.url));

/** The file system where groups are bound in their memory, of version 2 or 1, and its names for the same things. */
const version2 = { root: "/sys/fs/cgroup", limit: "memory.max", events: "memory.events" };
const version1 = { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", events: "memory.oom_control" };
const groups = existsSync("/sys/fs/cgroup/cgroup.controllers") ? version2 : version1;
const isAble = process.geteuid?.() === 0 && existsSync(join(groups.root, "cgroup.procs"));
const skip = isAble ? false : "needs root and control groups for memory";

test(`R24, R25: ${rounds} times the kernel kills an agent for want of memory: no write is lost, and its task is the same`, {
  skip,
  timeout: (rounds + 2) * 120_000,
}, async () => {
  const agents = await Agents.begin();
  const directory = await mkdtemp(join(tmpdir(), "nomad-lasting-"));
  const group = join(groups.root, `nomad-test-agent-${process.pid}`);
  const task = new LastingTask(directory);
  mkdirSync(group);
  try {
    if (groups === version2) writeFileSync(join(groups.root, "cgroup.subtree_control"), "+memory");
    writeFileSync(join(group, groups.limit), `${limitBytes}`);
    const program = join(directory, "nomad");
    await writeFile(program, `#!/bin/sh\necho 0 >${join(group, "cgroup.procs")} && exec ${nomadProgram} "$@"\n`);
    await chmod(program, 0o755);
    const keep = join(directory, "keep");
    await writeFile(keep, "0");
    const agent = await agents.place("both", program);
    // More than the group has: then it is the kernel that ends the agent, not the agent itself.
    const options = `--max-old-space-size=4096 --import=file://${filler} --disable-warning=ExperimentalWarning`;
    await agent.start(serverAndClient, [], { NODE_OPTIONS: options, HEAP_FILLER: keep });
    await ready(agent);
    const ran = await agent.nomad("run", "-detach", await agents.file("lasting.nomad", task.job()));
    assert.equal(ran.code, 0, ran.stderr);
    const pid = await task.pid();
    const acknowledged: string[] = [];
    for (let round = 1; round <= rounds; round++) {
      await writeFile(keep, "4096");
      await registered(agent, `r${round}`, acknowledged);
      await agent.exitCode();
      assert.equal(killedIn(group), round, await agent.output());
      assert.ok(task.isAlive(pid));
      await writeFile(keep, "0");
      agent.restart();
      await ready(agent);
      const jobs = new Set((await agent.get<readonly { ID: string }[]>("/v1/jobs")).map(({ ID }) => ID));
      assert.deepEqual(
        acknowledged.filter((id) => !jobs.has(id)),
        [],
      );
    }
    assert.ok(acknowledged.length > 10 * rounds, `${acknowledged.length} writes`);
    await task.end(7);
    const ended = await allocationOf(agent, "the task has ended", ({ ClientStatus }) => ClientStatus === "failed");
    assert.deepEqual(storyOf(ended), ["Received", "Started", "Terminated 7", "Not Restarting"]);
    assert.deepEqual([task.starts(), task.doubles()], [[pid], []]);
    assertCounted(await printed(agent, ended.ID));
    console.log(`${acknowledged.length} writes, none lost`);
  } finally {
    // The task ends by itself, and all the jobs need not be stopped one by one.
    await task.end(0);
    await agents.kill();
    await agents.dispose();
    await eventually("the group is empty", () => readFileSync(join(group, "cgroup.procs"), "utf8") === "" || undefined);
    rmdirSync(group);
    await rm(directory, { recursive: true, force: true });
  }
});

function ready(agent: TestAgent): Promise<unknown> {
  return agent.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready", 60);
}

/** Four users register jobs until the agent answers no more; what it has acknowledged is added to the list. */
async function registered(agent: TestAgent, prefix: string, acknowledged: string[]): Promise<void> {
  const write = async (writer: number) => {
    for (let number = 0; ; number++) {
      const id = `${prefix}-${writer}-${number}`;
      const body = JSON.stringify({ Job: emptyJob(id) });
      const answer = await agent.ask("/v1/jobs", { method: "PUT", body }).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.ok) acknowledged.push(id);
    }
  };
  await Promise.all([0, 1, 2, 3].map(write));
}

/** How many processes of the group the kernel has killed for want of memory. */
function killedIn(group: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(group, groups.events), "utf8"))?.[1]);
}

/** Numbers from 1 on, one a line, none missing, none twice. */
function assertCounted(text: string): void {
  const lines = text.split("\n").slice(0, -1);
  assert.deepEqual(lines.filter((line, at) => line !== String(at + 1)).slice(0, 3), []);
  assert.ok(lines.length > 0);
}
