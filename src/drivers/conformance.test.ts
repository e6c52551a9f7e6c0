import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { milliseconds, minutes, seconds } from "../base/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { type Driver, DriverStartError, type Fingerprint, isSuccess, type TaskHandle } from "./driver.ts";
import { ExecDriver } from "./exec.ts";
import { mockDriver } from "./mock.ts";
import { RawExecDriver } from "./raw-exec.ts";
import { firstLine, TaskBench } from "./testing/task-bench.ts";

/** How a driver is told to do what the suite wants; each value is a `config` block. */
interface Subject {
  readonly driver: (runtime: Runtime) => Driver<unknown>;
  readonly options?: Readonly<Record<string, string>>;
  readonly exits: (code: number) => unknown;
  readonly prints: (out: string, err: string) => unknown;
  /** Prints a line, then runs for a long time. */
  readonly runs: unknown;
  /** The same, and ignores the signal to stop. */
  readonly runsOn: unknown;
  /** Runs for a moment, then exits with 7. */
  readonly exitsSoon: unknown;
  readonly fails: unknown;
}

const commands = {
  exits: (code: number) => shell(`exit ${code}`),
  prints: (out: string, err: string) => shell(`printf %s '${out}'; printf %s '${err}' >&2`),
  // It does not become another program once it is up: between the two nobody has made arrangements for a signal.
  runs: shell("trap 'exit 0' INT; echo up; sleep 60 & wait"),
  runsOn: shell("trap '' INT TERM; echo up; while :; do sleep 0.05; done"),
  exitsSoon: shell("echo up; sleep 0.3; exit 7"),
  fails: { command: "no-such-program" },
};

const subjects: readonly Subject[] = [
  {
    driver: mockDriver,
    exits: (code) => ({ exit_code: code }),
    prints: (out, err) => ({ stdout_string: out, stderr_string: err }),
    runs: { stdout_string: "up\n", run_for: "1m" },
    runsOn: { stdout_string: "up\n", run_for: "1m", kill_after: "1m" },
    exitsSoon: { stdout_string: "up\n", run_for: "300ms", exit_code: 7 },
    fails: { start_error: "no such program" },
  },
  { driver: (runtime) => new RawExecDriver(runtime), options: { "driver.raw_exec.enable": "true" }, ...commands },
  { driver: (runtime) => new ExecDriver(runtime), ...commands },
];

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const never = new AbortController().signal;

for (const subject of subjects) {
  const driver = subject.driver(runtime);
  const found = await firstFingerprint(driver, subject.options ?? {});
  const skip = found.detected ? false : `driver ${driver.name} does not work here: ${found.description}`;
  describe(`driver ${driver.name}`, { skip }, () => conforms(subject, driver));
}

/** What every driver promises. */
function conforms(subject: Subject, driver: Driver<unknown>): void {
  let bench: TaskBench<unknown>;
  before(async () => {
    bench = await TaskBench.open(runtime, driver);
  });
  after(() => bench.close());

  test("a working driver is healthy and marks the node", async () => {
    const { healthy, attributes } = await firstFingerprint(driver, subject.options ?? {});
    assert.deepEqual({ healthy, attributes }, { healthy: true, attributes: { [`driver.${driver.name}`]: "1" } });
  });

  test("a task's exit code is told, and 0 is success", async () => {
    const ended = (exitCode: number) => ({ exitCode, signal: 0, oomKilled: false, message: "" });
    const good = await bench.outcome(subject.exits(0));
    assert.deepEqual([good.exit, isSuccess(good.exit)], [ended(0), true]);
    const bad = await bench.outcome(subject.exits(42));
    assert.deepEqual([bad.exit, isSuccess(bad.exit)], [ended(42), false]);
  });

  test("all that a task writes before its end is delivered", async () => {
    const { stdout, stderr } = await bench.outcome(subject.prints("to out", "to err"));
    assert.deepEqual({ stdout, stderr }, { stdout: "to out", stderr: "to err" });
  });

  test("a task that heeds the signal to stop is not waited for", async () => {
    const task = await bench.start(subject.runs);
    assert.equal(await firstLine(task), "up");
    const start = runtime.clock.now();
    await task.stop("SIGINT", minutes(1));
    assert.ok(runtime.clock.now() - start < seconds(20));
    await task.exited;
    await task.discard();
  });

  test("a task that ignores the signal to stop is killed after the grace, not before", async () => {
    const task = await bench.start(subject.runsOn);
    assert.equal(await firstLine(task), "up");
    const start = runtime.clock.now();
    await task.stop("SIGINT", milliseconds(200));
    assert.ok(runtime.clock.now() - start >= milliseconds(200));
    assert.deepEqual(await task.exited, { exitCode: 137, signal: 9, oomKilled: false, message: "" });
    await task.discard();
  });

  test("stopping a task that has ended changes nothing", async () => {
    const task = await bench.start(subject.exits(3));
    const exit = await task.exited;
    await task.stop("SIGINT", minutes(1));
    assert.equal((await task.exited).exitCode, exit.exitCode);
    await task.discard();
  });

  test("a task that cannot be started is a start error that leaves nothing", async () => {
    const before = await bench.leavings();
    await assert.rejects(bench.start(subject.fails), DriverStartError);
    assert.deepEqual(await bench.leavings(), before);
  });

  test("a running task is found again by its handle, which is plain JSON", async () => {
    const first = await bench.start(subject.exitsSoon);
    assert.equal(await firstLine(first), "up");
    const handle = JSON.parse(JSON.stringify(first.handle)) as TaskHandle;
    assert.equal(handle.driver, driver.name);
    first.detach();
    const second = await driver.recover(handle);
    assert.equal((await second?.exited)?.exitCode, 7);
    await second?.discard();
  });

  test("a handle of which nothing is known finds nothing", async () => {
    assert.equal(await driver.recover({ driver: driver.name, fields: {} }), undefined);
    const gone = { driver: driver.name, fields: { supervision: `${bench.home}/never-was` } };
    assert.equal(await driver.recover(gone), undefined);
  });

  test("usage is sampled at once and again, and no more after the end", async () => {
    const task = await bench.start(subject.exitsSoon);
    const samples = [];
    for await (const sample of task.stats({ every: milliseconds(100), coreMHz: 2_000 }, never)) samples.push(sample);
    assert.ok(samples.length >= 2 && samples.length <= 5, `${samples.length} samples`);
    for (const { ResourceUsage, Timestamp } of samples) {
      assert.ok(ResourceUsage.CpuStats.Percent >= 0);
      assert.ok(
        ResourceUsage.MemoryStats.Measured.includes("RSS") && ResourceUsage.CpuStats.Measured.includes("Percent"),
      );
      assert.ok(Number.isInteger(Timestamp) && Timestamp > 1e18);
    }
    // The first and the last may meet the task at the very moment when it takes or leaves its place in memory.
    assert.ok(samples.some(({ ResourceUsage }) => ResourceUsage.MemoryStats.RSS > 10_000));
    await task.discard();
  });

  test("a task that was discarded leaves nothing: no process, mount, control group or file", async () => {
    const before = await bench.leavings();
    for (const config of [subject.runs, subject.runsOn, subject.exits(1)]) {
      const task = await bench.start(config);
      await task.stop("SIGINT", milliseconds(50));
      await task.discard();
    }
    assert.deepEqual(await bench.leavings(), before);
  });
}

function shell(script: string): unknown {
  return { command: "/bin/sh", args: ["-c", script] };
}

async function firstFingerprint(
  driver: Driver<unknown>,
  options: Readonly<Record<string, string>>,
): Promise<Fingerprint> {
  const stop = new AbortController();
  for await (const fingerprint of driver.fingerprint(options, stop.signal)) return fingerprint;
  throw new Error("a driver says at least once whether it works");
}
