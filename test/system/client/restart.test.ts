import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, readlink, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Agents, type TestAgent } from "../support/agents.ts";
import { checkout, eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";
import { allocationOf, LastingTask, printed, serverAndClient, storyOf } from "./lasting-task.ts";

/** What becomes of tasks when the agent of their client, or what stands over them, is killed. */

const kills = scaled({ merge: 10, release: 100 });
const upgrades = scaled({ merge: 1, release: 5 });
const stopSeconds = scaled({ merge: 8, release: 45 });

interface Scene {
  readonly agents: Agents;
  readonly agent: TestAgent;
  readonly task: LastingTask;
  readonly directory: string;
  readonly pid: number;
}

/** An agent that is server and client, and a task that runs on it; by default one that lasts. */
async function withTask(
  act: (scene: Scene) => Promise<void>,
  {
    restart,
    job = (task: LastingTask) => task.job(restart),
    program,
  }: { restart?: string; job?: (task: LastingTask) => string; program?: string } = {},
): Promise<void> {
  const agents = await Agents.begin();
  const directory = await mkdtemp(join(tmpdir(), "nomad-lasting-"));
  const task = new LastingTask(directory);
  try {
    const agent = await agents.start({ name: "both", settings: serverAndClient, program });
    await ready(agent);
    const ran = await agent.nomad("run", "-detach", await agents.file("lasting.nomad", job(task)));
    assert.equal(ran.code, 0, ran.stderr);
    const pid = await task.pid();
    await allocationOf(agent, "the task has run", ({ ClientStatus }) => ClientStatus !== "pending");
    await act({ agents, agent, task, directory, pid });
  } finally {
    await agents.dispose();
    await rm(directory, { recursive: true, force: true });
  }
}

function ready(agent: TestAgent): Promise<unknown> {
  return agent.seen<{ Status: string }[]>("the node is ready", "/v1/nodes", ([node]) => node?.Status === "ready", 60);
}

/** Numbers from 1 on, one a line, none missing, none twice. */
function assertCounted(text: string): void {
  const lines = text.split("\n").slice(0, -1);
  const wrong = lines.findIndex((line, at) => line !== String(at + 1));
  assert.equal(wrong, -1, `line ${wrong + 1} is ${lines[wrong]} after ${lines[wrong - 1]}, of ${lines.length}`);
  assert.ok(lines.length > 0);
}

test(`R25, R26, T41: ${kills} times kill -9 of the agent at random moments: the same process, every line once, and its exit code`, async () => {
  await withTask(async ({ agent, task, pid }) => {
    for (let kill = 0; kill < kills; kill++) {
      await pause(Math.random() * 1_500);
      await agent.kill();
      if (kill % 2 === 0) await pause(Math.random() * 300);
      agent.restart();
    }
    await ready(agent);
    assert.ok(task.isAlive(pid), "the task runs");
    const { ID } = await allocationOf(agent, "the task is known", ({ ClientStatus }) => ClientStatus === "running");
    await task.end(7);
    const ended = await allocationOf(agent, "the task has ended", ({ ClientStatus }) => ClientStatus === "failed");
    assert.deepEqual(storyOf(ended), ["Received", "Started", "Terminated 7", "Not Restarting"]);
    assert.deepEqual([task.starts(), task.doubles()], [[pid], []]);
    assertCounted(await printed(agent, ID));
  });
});

test(`R26, T41: ${kills} times kill -9 of the agent while a task starts, fails and is started again: never two at once`, async () => {
  await withTask(
    async ({ agent, task }) => {
      for (let kill = 0; kill < kills; kill++) {
        const before = task.starts().length;
        await eventually("it is started again", () => task.starts().length > before + 1 || undefined, 60);
        await pause(Math.random() * 200);
        await agent.kill();
        agent.restart();
      }
      await ready(agent);
      const { ID } = await allocationOf(agent, "the task goes on", ({ DesiredStatus }) => DesiredStatus === "run");
      await agent.nomad("stop", "-detach", "-yes", "lasting");
      await allocationOf(agent, "it has ended", (seen) => seen.ID === ID && seen.ClientStatus === "complete");
      assert.deepEqual(task.doubles(), []);
      const alive = task.starts().filter((pid) => task.isAlive(pid));
      assert.deepEqual(alive, [], "nothing is left running");
      const supervision = join(agent.dataDirectory, "client/supervision", ID);
      assert.deepEqual(await readdir(supervision).catch(() => []), [], "nothing is left on the disk");
    },
    { job: (task) => task.failingJob() },
  );
});

test("R25: a task that ends while its agent is away: the exit code is learned, and its policy starts it again once", async () => {
  const restart = 'restart { attempts = 1 mode = "fail" interval = "10m" delay = "1s" }';
  await withTask(
    async ({ agent, task, directory, pid }) => {
      await agent.kill();
      await task.end(7);
      await eventually("the task has ended", () => !task.isAlive(pid) || undefined);
      await rm(join(directory, "end"));
      agent.restart();
      const second = await task.pid(2);
      await allocationOf(agent, "it runs again", ({ ClientStatus }) => ClientStatus === "running");
      await agent.kill();
      await task.end(8);
      await eventually("it has ended again", () => !task.isAlive(second) || undefined);
      agent.restart();
      const ended = await allocationOf(agent, "it is given up", ({ ClientStatus }) => ClientStatus === "failed");
      const first = ["Received", "Started", "Terminated 7", "Restarting"];
      assert.deepEqual(storyOf(ended), [...first, "Started", "Terminated 8", "Not Restarting"]);
      assert.deepEqual([task.starts(), task.doubles()], [[pid, second], []]);
    },
    { restart },
  );
});

test("R26, T41: agent and supervisor killed: the task runs on alone, is found again, and its exit counts as unknown", async () => {
  const restart = 'restart { attempts = 1 mode = "fail" interval = "10m" delay = "1s" }';
  await withTask(
    async ({ agent, task, pid }) => {
      process.kill(task.supervisorOf(pid), "SIGKILL");
      await agent.kill();
      agent.restart();
      await ready(agent);
      await agent.says(/a task is found again/);
      assert.ok(task.isAlive(pid));
      process.kill(pid, "SIGKILL");
      const second = await task.pid(2);
      const after = await allocationOf(agent, "it runs again", (seen) => storyOf(seen).length === 5);
      const [, , terminated] = after.TaskStates.count?.Events ?? [];
      assert.match(terminated?.Message ?? "", /unknown exit: the supervisor of the task was killed/);
      assert.deepEqual([task.starts(), task.doubles()], [[pid, second], []]);
    },
    { restart },
  );
});

const stateFile = (agent: TestAgent) => join(agent.dataDirectory, "client/state.db");

async function halve(file: string): Promise<void> {
  await truncate(file, Math.floor((await stat(file)).size / 2));
}

for (const { how, damage } of [
  {
    how: "cut in half",
    damage: async (file: string) => {
      await halve(file);
      await halve(`${file}-wal`);
    },
  },
  { how: "overwritten", damage: (file: string) => writeFile(file, "no database") },
  { how: "gone", damage: (file: string) => rm(file) },
]) {
  test(`T41: with the client's state ${how} the agent starts, takes up what runs, and says what was damaged`, async () => {
    await withTask(async ({ agent, task, pid }) => {
      await agent.kill();
      await damage(stateFile(agent));
      agent.restart();
      await ready(agent);
      await agent.says(/the state of tasks is damaged and set aside.*state\.db/);
      await agent.says(/a task is found again/);
      assert.ok(task.isAlive(pid));
      await task.end(7);
      const ended = await allocationOf(agent, "the task has ended", ({ ClientStatus }) => ClientStatus === "failed");
      assert.deepEqual(storyOf(ended).slice(-2), ["Terminated 7", "Not Restarting"]);
      assert.deepEqual([task.starts(), task.doubles()], [[pid], []]);
      assertCounted(await printed(agent, ended.ID));
    });
  });
}

test(`an agent that stands still for ${stopSeconds} s harms no task, and is well again`, async () => {
  await withTask(async ({ agent, task, pid }) => {
    agent.signal("SIGSTOP");
    await pause(stopSeconds * 1_000);
    agent.signal("SIGCONT");
    await ready(agent);
    const { ID } = await allocationOf(agent, "the task runs", ({ ClientStatus }) => ClientStatus === "running");
    assert.deepEqual([task.starts(), task.doubles(), task.isAlive(pid)], [[pid], [], true]);
    assertCounted(await printed(agent, ID));
  });
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} ends the agent and leaves its tasks, which the next agent finds; what was stopped meanwhile is stopped`, async () => {
    await withTask(async ({ agent, task, pid }) => {
      await agent.end(signal);
      assert.ok(task.isAlive(pid));
      agent.restart();
      await ready(agent);
      await allocationOf(agent, "the task runs", ({ ClientStatus }) => ClientStatus === "running");
      assert.deepEqual([task.starts(), task.isAlive(pid)], [[pid], true]);
      await agent.nomad("stop", "-detach", "-yes", "lasting");
      const ended = await allocationOf(agent, "it has ended", ({ ClientStatus }) => ClientStatus === "complete");
      assert.deepEqual(storyOf(ended).slice(-2), ["Killing", "Killed"]);
      await eventually("its process is gone", () => !task.isAlive(pid) || undefined);
    });
  });
}

test("a client of servers elsewhere that is killed finds its task again before the servers miss it", async () => {
  const agents = await Agents.begin();
  const directory = await mkdtemp(join(tmpdir(), "nomad-lasting-"));
  const task = new LastingTask(directory);
  try {
    const server = await agents.start({ name: "s1", settings: "server { enabled = true bootstrap_expect = 1 }" });
    await server.knowsLeader();
    const options = `servers = ["${server.rpc}"] options { "driver.raw_exec.enable" = "1" }`;
    const settings = `client { enabled = true network_interface = "lo" ${options} }`;
    const client = await agents.start({ name: "c1", settings });
    await ready(server);
    await server.nomad("run", "-detach", await agents.file("lasting.nomad", task.job()));
    const pid = await task.pid();
    await allocationOf(server, "the task runs", ({ ClientStatus }) => ClientStatus === "running");
    await client.kill();
    client.restart();
    await client.says(/a task is found again/);
    await task.end(0);
    const ended = await allocationOf(server, "the task has ended", ({ ClientStatus }) => ClientStatus === "complete");
    assert.deepEqual(storyOf(ended), ["Received", "Started", "Terminated 0"]);
    assert.deepEqual([task.starts(), task.doubles()], [[pid], []]);
    assertCounted(await printed(client, ended.ID));
  } finally {
    await agents.dispose();
    await rm(directory, { recursive: true, force: true });
  }
});

test("R25: what stands over a task reads none of the agent's files: they may be replaced while it runs", async () => {
  await withTask(async ({ task, pid }) => {
    for (const process of [pid, task.supervisorOf(pid)]) {
      const open = await filesOf(process);
      assert.deepEqual(
        open.filter((path) => path.startsWith(checkout)),
        [],
        `process ${process}`,
      );
    }
  });
});

test("R25: an upgrade of the agent's files while it runs: taken away, and others put there; the same process, every line once", async () => {
  const home = await mkdtemp(join(tmpdir(), "nomad-product-"));
  try {
    await installProduct(home);
    await withTask(
      async ({ agent, task, pid }) => {
        for (let upgrade = 1; upgrade <= upgrades; upgrade++) {
          const { ID } = await allocationOf(agent, "the task runs", ({ ClientStatus }) => ClientStatus === "running");
          await rm(home, { recursive: true });
          // Without its files the old agent goes on with what it does.
          const lines = (await printed(agent, ID)).length;
          await eventually("output is still taken", async () => (await printed(agent, ID)).length > lines || undefined);
          await agent.get("/v1/agent/self");
          await installProduct(home);
          await agent.kill();
          agent.restart();
          await ready(agent);
          await agent.says(/a task is found again/, { times: upgrade });
          assert.ok(task.isAlive(pid));
        }
        await task.end(7);
        const ended = await allocationOf(agent, "the task has ended", ({ ClientStatus }) => ClientStatus === "failed");
        assert.deepEqual(storyOf(ended), ["Received", "Started", "Terminated 7", "Not Restarting"]);
        assert.deepEqual([task.starts(), task.doubles()], [[pid], []]);
        assertCounted(await printed(agent, ended.ID));
      },
      { program: join(home, "bin/nomad") },
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

/** Puts the built command and the program that runs it into a directory, as an installation has them. */
async function installProduct(home: string): Promise<void> {
  const node = join("node_modules", `node-linux-${process.arch}`, "bin");
  for (const part of ["bin", "dist", node]) await cp(join(checkout, part), join(home, part), { recursive: true });
}

/** All files that a process has open or mapped, its program, and where it is. */
async function filesOf(pid: number): Promise<readonly string[]> {
  const descriptors = (await readdir(`/proc/${pid}/fd`)).map((fd) => `/proc/${pid}/fd/${fd}`);
  const links = [...descriptors, `/proc/${pid}/exe`, `/proc/${pid}/cwd`];
  const mapped = (await readFile(`/proc/${pid}/maps`, "utf8")).split("\n").map((line) => line.split(/\s+/)[5] ?? "");
  return [...(await Promise.all(links.map((link) => readlink(link).catch(() => "")))), ...mapped].filter(Boolean);
}
