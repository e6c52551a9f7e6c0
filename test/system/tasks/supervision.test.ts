import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { milliseconds, seconds } from "../../../src/base/index.ts";
import type { Driver, RunningTask } from "../../../src/drivers/driver.ts";
import { ExecDriver } from "../../../src/drivers/exec.ts";
import { RawExecDriver } from "../../../src/drivers/raw-exec.ts";
import { TaskBench, untilPrinted } from "../../../src/drivers/testing/task-bench.ts";
import { nodeRuntime } from "../../../src/runtime/node/index.ts";
import { allProcesses, identityOf, isAlive, processEntry } from "../../../src/runtime/node/process-table.ts";
import { eventually } from "../support/nomad.ts";
import { scaled } from "../support/scale.ts";

/** What drivers leave of tasks that do all they can to stay, and of many tasks. */

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const shell = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });
const freezer = "/sys/fs/cgroup/freezer";

/**
 * Forty-nine processes: in sessions of their own, without a parent that lives, deaf to signals, stopped, and all of this
 * together. Some of them start a `sleep` again and again.
 */
const stubborn = `
i=0
while [ $i -lt 12 ]; do
  setsid sh -c 'trap "" HUP INT TERM; while :; do sleep 0.5; done' &
  (sh -c 'trap "" HUP INT TERM; while :; do sleep 0.5; done' &)
  sh -c 'kill -STOP $$; exec sleep 60' &
  (setsid sh -c 'trap "" TERM; kill -STOP $$; exec sleep 60' &)
  i=$((i + 1))
done
echo up
while :; do wait; done`;

for (const driver of [new RawExecDriver(runtime), new ExecDriver(runtime)] as readonly Driver<unknown>[]) {
  const found = await driver
    .fingerprint({ "driver.raw_exec.enable": "1" }, new AbortController().signal)
    [Symbol.asyncIterator]()
    .next();
  const isRoot = runtime.processes.effectiveUserID === 0;
  const skip = !found.value.detected ? found.value.description : !isRoot && "control groups need root";
  describe(`tasks of ${driver.name}`, { skip }, () => leaveNothing(driver));
}

function leaveNothing(driver: Driver<unknown>): void {
  let bench: TaskBench<unknown>;
  before(async () => {
    bench = await TaskBench.open(runtime, driver);
  });
  after(() => bench.close());

  test("end with all that they have started, whatever it does against it (R28, T40)", async () => {
    const before = await bench.leavings();
    const task = await bench.start(shell(stubborn));
    await untilPrinted(task, "up\n");
    const pids = await eventually("fifty processes run", () => {
      const found = membersOf(task);
      return found.length >= 50 && found.filter(isStopped).length >= 24 ? found : undefined;
    });
    const identities = pids.flatMap((pid) => processEntry(pid) ?? []).map(identityOf);
    await task.stop("SIGTERM", milliseconds(200));
    await task.discard();
    assert.deepEqual(identities.filter(isAlive), []);
    assert.deepEqual(await bench.leavings(), before);
  });

  test("end when they are frozen, or have frozen what they started", { skip: noFreezer() }, async () => {
    const task = await bench.start(shell("sleep 60 & echo up; wait"));
    await untilPrinted(task, "up\n");
    const inner = join(trackingGroup(task), "inner");
    mkdirSync(inner);
    for (const pid of membersOf(task))
      if (nameOf(pid) === "sleep") writeFileSync(join(inner, "cgroup.procs"), `${pid}`);
    writeFileSync(join(inner, "freezer.state"), "FROZEN");
    writeFileSync(join(trackingGroup(task), "freezer.state"), "FROZEN");
    await task.stop("SIGTERM", milliseconds(100));
    await task.discard();
    assert.equal(existsSync(inner), false);
  });

  // What is in a container cannot be brought to hang this way: it would have to leave its groups.
  const cannotHang = driver.name === "exec" ? "a container keeps its groups" : noFreezer();
  test("do not hold up others when they hang where no signal reaches them (R30)", { skip: cannotHang }, async () => {
    const task = await bench.start(shell("echo up; exec sleep 60"));
    await untilPrinted(task, "up\n");
    // As it is with a task in the kernel's uninterruptible sleep: a signal waits until it wakes.
    const cell = join(freezer, `nomad-test-${process.pid}`);
    mkdirSync(cell);
    try {
      for (const pid of membersOf(task)) writeFileSync(join(cell, "cgroup.procs"), `${pid}`);
      writeFileSync(join(cell, "freezer.state"), "FROZEN");
      let isStopped = false;
      const stopped = task.stop("SIGTERM", milliseconds(50)).then(() => {
        isStopped = true;
      });
      for (let count = 0; count < 5; count++) {
        const start = runtime.clock.now();
        const { exit } = await bench.outcome(shell("exit 4"));
        assert.equal(exit.exitCode, 4);
        assert.ok(runtime.clock.now() - start < seconds(1));
      }
      assert.equal(isStopped, false);
      writeFileSync(join(cell, "freezer.state"), "THAWED");
      await stopped;
      assert.equal((await task.exited).signal, 9);
      await task.discard();
    } finally {
      writeFileSync(join(cell, "freezer.state"), "THAWED");
      await eventually("the cell is empty", () => removed(cell));
    }
  });

  const rounds = scaled({ merge: 60, release: 1000 });

  test(`leave no zombie, descriptor, file, mount, control group or process behind, ${rounds} of them (R29)`, async () => {
    const before = { ...(await bench.leavings()), descriptors: descriptors(), zombies: zombies() };
    for (let count = 0; count < rounds; count += 10) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, async (_, at) => {
          const task = await bench.start(shell(at % 2 === 0 ? "exit 0" : "sleep 60 & wait"));
          if (at % 2 !== 0) await task.stop("SIGTERM", seconds(5));
          await task.exited;
          await task.discard();
        }),
      );
      // Not before all have ended: what still ran would keep this process.
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    }
    // A socket is closed in a later turn than it is let go.
    await eventually("descriptors are given back", () => descriptors() <= before.descriptors || undefined);
    const later = { ...(await bench.leavings()), descriptors: before.descriptors, zombies: zombies() };
    assert.deepEqual(later, before);
  });
}

/** The group that holds a task's processes together; its directory is in the files of its supervision. */
function trackingGroup(task: RunningTask): string {
  return JSON.parse(readFileSync(join(task.handle.fields.supervision as string, "groups"), "utf8")).tracking;
}

function membersOf(task: RunningTask): number[] {
  const list = readFileSync(join(trackingGroup(task), "cgroup.procs"), "utf8");
  return list.split("\n").filter(Boolean).map(Number);
}

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
}

function isStopped(pid: number): boolean {
  try {
    return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Processes that this one has started and not taken notice of. */
function zombies(): number {
  return allProcesses().filter(({ parent, isZombie }) => isZombie && parent === process.pid).length;
}

function removed(group: string): true | undefined {
  try {
    rmdirSync(group);
    return true;
  } catch {
    return undefined;
  }
}

/** Version 2 kills what is frozen at once, so that nothing can be made to hang there. */
function noFreezer(): false | string {
  return existsSync(`${freezer}/cgroup.procs`) ? false : "needs the freezer of control groups version 1";
}
