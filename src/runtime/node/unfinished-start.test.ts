import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { NodeProcesses } from "./node-processes.ts";
import { allProcesses, isAlive, sendSignal } from "./process-table.ts";
import { shimCall } from "./shim.ts";
import { Starter, starterName } from "./starter.ts";
import { entryOfStarted } from "./unfinished-start.ts";

const home = mkdtempSync(join(tmpdir(), "unfinished-start-test-"));
after(() => rmSync(home, { recursive: true, force: true }));
const processes = new NodeProcesses();

/** An agent that does nothing but start one task, and says when it begins. */
const starter = `
  import { NodeProcesses } from ${JSON.stringify(new URL("./node-processes.ts", import.meta.url).href)};
  const [directory, starts] = process.argv.slice(1);
  const program = {
    command: "/bin/sh",
    args: ["-c", "echo $$ >> " + starts + "; exec sleep 60"],
    env: { PATH: "/usr/bin:/bin" },
    workingDirectory: "/",
  };
  process.send("starting", () => {
    const processes = new NodeProcesses();
    void processes.makeReady(directory);
    setImmediate(() => processes.supervise(program, directory));
  });
  setInterval(() => {}, 1000);
`;

/** The agent is killed so many milliseconds after this file of the run is there, from the first to the last. */
const files = ["", "stdout", "stderr", "complaints", "task"];
const moments = files.flatMap((file) => [0, 1, 2, 4].map((delay) => ({ file, delay })));

test("T41, R26: a task whose agent is killed at any moment of its start is found, or was never started and leaves nothing", async () => {
  const found: boolean[] = [];
  for (const [number, { file, delay }] of moments.entries()) {
    const [directory, starts] = [join(home, `run-${number}`), join(home, `starts-${number}`)];
    writeFileSync(starts, "");
    const agent = spawn(process.execPath, ["--input-type=module", "-e", starter, directory, starts], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    await once(agent, "message");
    while (!existsSync(join(directory, file))) await pause(0);
    if (delay > 0) await pause(delay);
    agent.kill("SIGKILL");
    await once(agent, "exit");

    const task = await processes.recover(directory);
    found.push(task !== undefined);
    if (task === undefined) {
      assert.ok(!existsSync(directory), "nothing is left of a start that came to nothing");
      assert.equal(readFileSync(starts, "utf8"), "", "nothing was started");
      await allGone(directory);
      continue;
    }
    assert.ok(isAlive(task.identity));
    while (readFileSync(starts, "utf8") === "") await pause(5);
    assert.equal(readFileSync(starts, "utf8"), `${task.pid}\n`, "it is the only one");
    task.signal("SIGKILL", { group: true });
    assert.equal((await task.exited).signal, 9, "the shim is there and knows how it ended");
    await task.discard();
    await allGone(directory);
  }
  assert.ok(found.includes(true) && found.includes(false), `some started, some did not: ${found}`);
});

test("the shims of a run are found and ended, whatever way leads to its directory and whatever else bears their name", {
  timeout: 30_000,
}, async () => {
  const named = spawn("/bin/sh", ["-c", '/bin/sh -s "$0"; :', starterName], {
    ...{ detached: true, stdio: ["pipe", "ignore", "ignore"] },
  });
  const starter = new Starter();
  const directory = join(home, "hanging");
  mkdirSync(directory);
  await starter.makeFifos(directory);
  // To open it waits for somebody to read from it, whom there is not.
  const group = join(home, "group");
  execFileSync("/usr/bin/mkfifo", [group]);
  const program = { command: "/bin/true", args: [], env: {}, workingDirectory: "/" };
  const shim = (number: string) => shimCall(program, { directory, number, joined: [group] });
  const starting = starter.start({ directory, workingDirectory: "/", shim });
  const shims = () => allProcesses().filter(({ parent, isZombie }) => parent === starter.pid && !isZombie);
  while (shims().length === 0 || !existsSync(join(directory, "complaints"))) await pause(5);

  symlinkSync(home, join(home, "link"));
  assert.equal(await entryOfStarted(join(home, "link", "hanging")), undefined);
  assert.deepEqual(shims(), []);
  sendSignal(starter.pid as number, 9);
  assert.equal(await starting, undefined);
  assert.equal(named.exitCode, null);
  named.stdin?.end();
  await once(named, "exit");
});

test("a run that never began goes also where it cannot be put aside first", async () => {
  const directory = join(home, "stays");
  await processes.makeReady(directory);
  mkdirSync(join(`${directory}.removed`, "full"), { recursive: true });
  assert.equal(await processes.recover(directory), undefined);
  assert.ok(!existsSync(directory));
  assert.equal(await processes.recover(`${directory}.removed`), undefined);
  assert.ok(!existsSync(`${directory}.removed`), "it is as good as a run");
});

test("a run whose removal was cut short is no run any more", async () => {
  const directory = join(home, "half-removed");
  const program = { command: "/bin/true", args: [], env: {}, workingDirectory: "/" };
  const task = await processes.supervise(program, directory);
  await task.exited;
  task.detach();
  rmSync(join(directory, "task"));
  assert.equal(await processes.recover(directory), undefined);
  assert.ok(!existsSync(directory));
});

/**
 * A child of the agent that has not yet become a shim may have the agent's command line for a moment, and none while it
 * changes: it ends by itself, so a few looks in a row must find nothing.
 */
async function allGone(directory: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  let found = processesOf(directory);
  for (let emptyLooks = 0; emptyLooks < 5 && performance.now() < deadline; ) {
    emptyLooks = found.length === 0 ? emptyLooks + 1 : 0;
    await pause(5);
    found = processesOf(directory);
  }
  assert.deepEqual(found, []);
}

/** Processes that name a directory on their command line. */
function processesOf(directory: string): readonly string[] {
  const commands = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
  return commands.filter((command) => command.includes(`${directory} `));
}
