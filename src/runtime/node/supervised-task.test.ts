import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { ControlGroups } from "./control-groups.ts";
import type { FifoReader } from "./fifo-reader.ts";
import { NodeProcesses } from "./node-processes.ts";
import { identityOf, isAlive, processEntry } from "./process-table.ts";
import { SupervisedTask } from "./supervised-task.ts";

const noOutput = { finish() {}, detach() {} } as FifoReader;

test("a process that later got the task's number, and leads a session, is left alone", async () => {
  const stranger = spawn("/bin/sleep", ["60"], { detached: true, stdio: "ignore" });
  const pid = stranger.pid as number;
  try {
    const entry = processEntry(pid);
    assert.ok(entry !== undefined);
    const task = new SupervisedTask({
      directory: mkdtempSync(join(tmpdir(), "supervised-task-test-")),
      identity: identityOf({ ...entry, startedAt: "1" }),
      groups: undefined,
      stdout: noOutput,
      stderr: noOutput,
      ended: Promise.resolve({ exitCode: 0, signal: 0 }),
      forget: () => {},
    });
    task.signal("SIGKILL", { group: true });
    await task.discard();
    assert.equal(stranger.exitCode ?? stranger.signalCode, null);
    assert.ok(isAlive(identityOf(entry)));
  } finally {
    stranger.kill("SIGKILL");
  }
});

test("what goes wrong with a signal that was kept back does not end the agent", async (t) => {
  const processes = new NodeProcesses();
  const directory = join(mkdtempSync(join(tmpdir(), "supervised-task-test-")), "run");
  const args = ["-c", "trap '' INT; echo up; exec sleep 60"];
  const ignoring = { command: "/bin/sh", args, env: { PATH: "/usr/bin:/bin" }, workingDirectory: "/" };
  const task = await processes.supervise(ignoring, directory);
  await task.stdout[Symbol.asyncIterator]().next();
  const failing = t.mock.method(process, "kill", () => {
    throw Object.assign(new Error("not permitted"), { code: "EPERM" });
  });
  task.signal("SIGINT");
  assert.equal(failing.mock.callCount(), 0, "it is kept back");
  for (const end = performance.now() + 5_000; failing.mock.callCount() === 0; await pause(10)) {
    assert.ok(performance.now() < end, "not for ever");
  }
  failing.mock.restore();
  task.signal("SIGKILL", { group: true });
  await task.exited;
  await task.discard();
});

test("the end of a process is told also when nobody can read whether memory was short", async () => {
  const groups = {
    oomKilled: () => {
      throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    },
  } as unknown as ControlGroups;
  const task = new SupervisedTask({
    directory: "/nowhere",
    identity: "1 1",
    groups,
    stdout: noOutput,
    stderr: noOutput,
    ended: Promise.resolve({ exitCode: 3, signal: 0 }),
    forget: () => {},
  });
  assert.deepEqual(await task.exited, { exitCode: 3, signal: 0, oomKilled: false });
});
