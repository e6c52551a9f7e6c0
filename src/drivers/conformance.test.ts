import assert from "node:assert/strict";
import { basename } from "node:path";
import { after, before, describe, test } from "node:test";
import { later, milliseconds, minutes, seconds } from "../base/index.ts";
import type { TaskUsage } from "../model/index.ts";
import { endsWithin, type Runtime } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { DockerDriver } from "./docker/docker-driver.ts";
import {
  type Driver,
  DriverStartError,
  type Fingerprint,
  isSuccess,
  type RunningTask,
  type TaskHandle,
} from "./driver.ts";
import { ExecDriver } from "./exec.ts";
import { JavaDriver } from "./java.ts";
import { mockDriver } from "./mock.ts";
import { QemuDriver } from "./qemu.ts";
import { RawExecDriver } from "./raw-exec.ts";
import { type BootProgram, bootMark, bootSector } from "./testing/boot-sector.ts";
import { busyboxImage } from "./testing/busybox-image.ts";
import { javaTask } from "./testing/java-task.ts";
import { TaskBench, type TaskOptions, untilPrinted } from "./testing/task-bench.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });

/** How a driver is told to do what the suite wants; each value is a `config` block. */
interface Subject {
  /** Where it is not the driver's own. */
  readonly title?: string;
  readonly driver: (runtime: Runtime) => Driver<unknown>;
  readonly options?: Readonly<Record<string, string>>;
  /** Puts what the tasks need into their directory. */
  readonly prepare?: (local: string) => Promise<void>;
  readonly memoryMB?: number;
  readonly exits: (code: number) => unknown;
  readonly prints: (out: string, err: string) => unknown;
  /** What of the output the task itself has printed; all of it unless said. */
  readonly printed?: (stdout: string) => string;
  /** False where there is but one output. */
  readonly hasErrorOutput?: false;
  /** Prints a line, then runs for a long time. */
  readonly runs: unknown;
  /** The same, and ignores the signal to stop, which is SIGINT unless said. */
  readonly runsOn: unknown;
  readonly ignores?: string;
  /** Runs for a moment, then exits with 7. */
  readonly exitsSoon: unknown;
  /** Cannot be started, with these options of the task. */
  readonly fails: unknown;
  readonly failsWith?: TaskOptions;
  /** Runs long enough to be sampled twice; `exitsSoon` if it is not given. */
  readonly sampled?: unknown;
  /** What the driver says for people of an exit by itself; nothing if it is not given. */
  readonly tells?: (exitCode: number) => string;
  /** False where a task is no process. */
  readonly hasProcesses?: false;
  /** Names of the programs that make up the task that runs for a long time; a shell and its child unless said. */
  readonly runsPrograms?: readonly string[];
  /** What programs that run beside write to both outputs comes in any order. */
  readonly mixesOutputs?: true;
  /** Makes what tasks need and what does not fit into their directory, and says how to remove it. */
  readonly provide?: () => Promise<() => Promise<void>>;
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

const jar = (...args: string[]) => ({ jar_path: "local/task.jar", jvm_options: ["-XX:+UseSerialGC"], args });

/** A machine's images, by name. It exits with 0 when switched off, and with an odd code by a device for that. */
const images: Readonly<Record<string, BootProgram>> = {
  "exits-0": { prints: "", end: "power off" },
  "exits-1": { prints: "", end: { exitCode: 1 } },
  "exits-3": { prints: "", end: { exitCode: 3 } },
  "exits-41": { prints: "", end: { exitCode: 41 } },
  prints: { prints: "to out", end: "power off" },
  runs: { prints: "up\n", end: "go on" },
  "exits-soon": { prints: "up\n", waitMilliseconds: 300, end: { exitCode: 7 } },
};
const machine = (image: string) => ({
  image_path: `local/${image}.img`,
  args: ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x01"],
});

const image = `nomad-test/conformance:${runtime.random.uuid()}`;
const inContainer = (config: unknown) => ({ image, ...(config as object) });

const subjects: readonly Subject[] = [
  {
    driver: mockDriver,
    exits: (code) => ({ exit_code: code }),
    prints: (out, err) => ({ stdout_string: out, stderr_string: err }),
    runs: { stdout_string: "up\n", run_for: "1m" },
    runsOn: { stdout_string: "up\n", run_for: "1m", kill_after: "1m" },
    exitsSoon: { stdout_string: "up\n", run_for: "300ms", exit_code: 7 },
    fails: { start_error: "no such program" },
    hasProcesses: false,
  },
  { driver: (runtime) => new RawExecDriver(runtime), options: { "driver.raw_exec.enable": "true" }, ...commands },
  { driver: (runtime) => new ExecDriver(runtime), ...commands },
  {
    title: "exec by runc",
    driver: (runtime) => new ExecDriver(withoutCrun(runtime)),
    ...commands,
    // runc passes each output on by itself.
    mixesOutputs: true,
  },
  {
    driver: (runtime) => new JavaDriver(runtime),
    prepare: (local) => runtime.disk.writeAtomically(`${local}/task.jar`, javaTask, 0o644),
    memoryMB: 256,
    exits: (code) => jar("exit", String(code)),
    prints: (out, err) => jar("print", out, err),
    runs: jar("run"),
    runsOn: jar("runOn"),
    exitsSoon: jar("soon"),
    // What Java itself finds wrong, such as a jar that is not there, is the exit of a task that was started.
    fails: jar("run"),
    failsWith: { user: "no-such-user" },
    runsPrograms: ["java"],
  },
  {
    driver: (runtime) => {
      const options = { "driver.qemu.args_allowlist": "-device" };
      return new QemuDriver(runtime, { options, chrootEnv: {} });
    },
    prepare: async (local) => {
      for (const [name, program] of Object.entries(images)) {
        await runtime.disk.writeAtomically(`${local}/${name}.img`, bootSector(program));
      }
    },
    exits: (code) => machine(`exits-${code}`),
    // The firmware speaks first, on the same serial line, which is the only output that a machine has.
    prints: () => machine("prints"),
    printed: (stdout) => stdout.slice(stdout.lastIndexOf(bootMark) + 1),
    hasErrorOutput: false,
    runs: machine("runs"),
    // QEMU itself ends by SIGINT, whatever the guest does.
    runsOn: machine("runs"),
    ignores: "SIGPIPE",
    exitsSoon: machine("exits-soon"),
    fails: { image_path: "local/no-such.img" },
    runsPrograms: ["qemu-system-x86_64"],
  },
  {
    driver: (runtime) => new DockerDriver(runtime, { options: { "docker.cleanup.image": "false" }, chrootEnv: {} }),
    exits: (code) => inContainer(commands.exits(code)),
    prints: (out, err) => inContainer(commands.prints(out, err)),
    runs: inContainer(commands.runs),
    runsOn: inContainer(commands.runsOn),
    exitsSoon: inContainer(commands.exitsSoon),
    fails: inContainer(commands.fails),
    mixesOutputs: true,
    // The engine takes a sample a second.
    sampled: inContainer(shell("sleep 1.7")),
    tells: (code) => (code === 0 ? "" : `Docker container exited with non-zero exit code: ${code}`),
    provide: async () => (await busyboxImage(runtime, image)).remove,
  },
];

const never = new AbortController().signal;

for (const subject of subjects) {
  const driver = subject.driver(runtime);
  const found = await firstFingerprint(driver, subject.options ?? {});
  const skip = found.detected ? false : `driver ${driver.name} does not work here: ${found.description}`;
  describe(`driver ${subject.title ?? driver.name}`, { skip }, () => conforms(subject, driver));
}

/** What every driver promises. */
function conforms(subject: Subject, driver: Driver<unknown>): void {
  const { tells = () => "" } = subject;
  let bench: TaskBench<unknown>;
  let cleanUp = async () => {};
  before(async () => {
    cleanUp = (await subject.provide?.()) ?? cleanUp;
    bench = await TaskBench.open(runtime, driver, { memoryMB: subject.memoryMB });
    await subject.prepare?.(bench.directories.local);
  });
  after(async () => {
    await bench.close();
    await cleanUp();
  });

  test("a working driver is healthy and marks the node", async () => {
    const { healthy, attributes } = await firstFingerprint(driver, subject.options ?? {});
    assert.deepEqual([healthy, attributes[`driver.${driver.name}`]], [true, "1"]);
    for (const name of Object.keys(attributes)) assert.match(`${name}.`, new RegExp(`^driver\\.${driver.name}\\.`));
  });

  test("a task's exit code is told, and 0 is success", async () => {
    const ended = (exitCode: number) => ({ exitCode, signal: 0, oomKilled: false, message: tells(exitCode) });
    const good = await bench.outcome(subject.exits(0));
    assert.deepEqual([good.exit, isSuccess(good.exit)], [ended(0), true]);
    const bad = await bench.outcome(subject.exits(41));
    assert.deepEqual([bad.exit, isSuccess(bad.exit)], [ended(41), false]);
  });

  test("all that a task writes before its end is delivered", async () => {
    const { stdout, stderr } = await bench.outcome(subject.prints("to out", "to err"));
    assert.equal(subject.printed?.(stdout) ?? stdout, "to out");
    if (subject.hasErrorOutput !== false) assert.equal(stderr, "to err");
  });

  test("a task that heeds the signal to stop is not waited for", async () => {
    const task = await bench.start(subject.runs);
    await untilPrinted(task, "up\n");
    const start = runtime.clock.now();
    await task.stop("SIGINT", minutes(1));
    assert.ok(runtime.clock.now() - start < seconds(20));
    await task.exited;
    await task.discard();
  });

  test("a task that ignores the signal to stop is killed after the grace, not before", async () => {
    const task = await bench.start(subject.runsOn);
    await untilPrinted(task, "up\n");
    const start = runtime.clock.now();
    await task.stop(subject.ignores ?? "SIGINT", milliseconds(200));
    assert.ok(runtime.clock.now() - start >= milliseconds(200));
    assert.deepEqual(await task.exited, { exitCode: 137, signal: 9, oomKilled: false, message: tells(137) });
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
    await assert.rejects(bench.start(subject.fails, subject.failsWith), DriverStartError);
    await bench.leavesNoMoreThan(before);
  });

  test("a running task is found again by its handle, which is plain JSON", async () => {
    const first = await bench.start(subject.exitsSoon);
    await untilPrinted(first, "up\n");
    const handle = JSON.parse(JSON.stringify(first.handle)) as TaskHandle;
    assert.equal(handle.driver, driver.name);
    first.detach();
    const second = await driver.recover(handle);
    assert.equal((await second?.exited)?.exitCode, 7);
    await second?.discard();
  });

  test("programs run beside a task, also one that was found again: with its environment, their output cut, killed when late", async (t) => {
    const env = { PATH: "/usr/bin:/bin", MINE: "it's $x" };
    const first = await bench.start(subject.runs, { env });
    if (first.exec === undefined) t.skip("this driver runs no other programs");
    await untilPrinted(first, "up\n");
    first.detach();
    const task = await driver.recover(JSON.parse(JSON.stringify(first.handle)));
    const exec = async (script: string, timeout = seconds(20)) =>
      task?.exec?.("sh", ["-c", script], { env, timeout, outputBytes: 10, signal: never });
    if (task?.exec !== undefined) {
      const said = await exec(`echo "$MINE"; printf err ${subject.mixesOutputs ? "" : ">&2"}; exit 3`);
      assert.deepEqual(said, { exitCode: 3, timedOut: false, output: "t's $x\nerr" });
      assert.equal((await exec("exec no-such-program"))?.exitCode, 127);
      assert.equal((await exec("yes | head -c 1000000; printf 0123456789"))?.output, "0123456789");
      const start = runtime.clock.now();
      const mark = String(70_000_000 + Math.floor(runtime.random.fraction() * 1e7));
      assert.equal((await exec(`setsid sleep ${mark} & sleep ${mark}`, milliseconds(300)))?.timedOut, true);
      assert.ok(runtime.clock.now() - start < seconds(10));
      while ((await runningWith(mark)).length > 0) assert.ok(runtime.clock.now() - start < seconds(10), "it sleeps on");
    }
    await task?.stop("SIGINT", milliseconds(50));
    await task?.discard();
  });

  test("a handle of which nothing is known finds nothing", async () => {
    assert.equal(await driver.recover({ driver: driver.name, fields: {} }), undefined);
    const gone = { driver: driver.name, fields: { supervision: `${bench.home}/never-was` } };
    assert.equal(await driver.recover(gone), undefined);
  });

  test("usage is told whenever it is asked for, and no more after the end", async () => {
    const task = await bench.start(subject.sampled ?? subject.exitsSoon);
    const measure = task.meter(2_000);
    const samples: TaskUsage[] = [];
    const take = async () => {
      const sample = await measure();
      if (sample !== undefined) samples.push(sample);
    };
    do await take();
    while (!(await endsWithin(runtime.clock, task.exited, milliseconds(100))));
    assert.ok(samples.length >= 2, `${samples.length} samples`);
    assert.equal(await measure(), undefined, "nothing is left of it");
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

  test("usage tells of each process of the task's by its number, also when the task was found again", async (t) => {
    if (subject.hasProcesses === false) return t.skip("this driver starts none");
    const first = await bench.start(subject.runs);
    await untilPrinted(first, "up\n");
    first.detach();
    const task = await driver.recover(JSON.parse(JSON.stringify(first.handle)));
    const wanted = subject.runsPrograms ?? ["sh", "sleep"];
    const deadline = later(runtime.clock.now(), seconds(20));
    let told: string[] = [];
    // A child may have yet to begin.
    while (told.join() !== wanted.join() && runtime.clock.now() < deadline) {
      const { Pids = {} } = (await firstSample(task)) ?? {};
      for (const { MemoryStats, CpuStats } of Object.values(Pids)) {
        assert.ok(CpuStats.Percent >= 0);
        assert.deepEqual(MemoryStats.Measured, ["RSS", "Swap"]);
        assert.deepEqual(CpuStats.Measured, ["System Mode", "User Mode", "Percent"]);
      }
      // While it becomes another program a process has no memory.
      const settled = Object.keys(Pids).filter((pid) => (Pids[pid]?.MemoryStats.RSS ?? 0) > 0);
      told = (await Promise.all(settled.map(programOf))).sort();
    }
    assert.deepEqual(told, wanted);
    await task?.stop("SIGINT", milliseconds(50));
    await task?.discard();
  });

  test("a task that was discarded leaves nothing: no process, mount, control group or file", async () => {
    const before = await bench.leavings();
    for (const config of [subject.runs, subject.runsOn, subject.exits(1)]) {
      const task = await bench.start(config);
      await task.stop("SIGINT", milliseconds(50));
      await task.discard();
    }
    await bench.leavesNoMoreThan(before);
  });
}

/** A machine on which no program is called crun. */
function withoutCrun(runtime: Runtime): Runtime {
  const status = (path: string) => runtime.disk.status(path.endsWith("/crun") ? `${path}/none` : path);
  return { ...runtime, disk: Object.assign(Object.create(runtime.disk), { status }) };
}

/** The command lines of all processes that name `argument`. */
async function runningWith(argument: string): Promise<string[]> {
  const numbers = (await runtime.disk.list("/proc")).map(({ name }) => name).filter((name) => /^\d+$/.test(name));
  const lines = numbers.map((number) => runtime.disk.read(`/proc/${number}/cmdline`).catch(() => new Uint8Array()));
  const texts = (await Promise.all(lines)).map((line) => Buffer.from(line).toString());
  return texts.filter((text) => text.split("\0").includes(argument));
}

async function firstSample(task: RunningTask | undefined): Promise<TaskUsage | undefined> {
  return task?.meter(2_000)();
}

/** The name of a process' program, whoever started it; empty when it has ended meanwhile. */
async function programOf(pid: string): Promise<string> {
  const line = await runtime.disk.read(`/proc/${pid}/cmdline`).catch(() => new Uint8Array());
  return basename(Buffer.from(line).toString().split("\0")[0] as string);
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
