import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { later, minutes, nanoseconds } from "../base/index.ts";
import type { Runtime, SupervisedProcess } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import type { CommandConfig } from "./command.ts";
import { ExecDriver } from "./exec.ts";
import { bundleFiles } from "./oci-runtime.ts";
import { TaskBench } from "./testing/task-bench.ts";

const machine = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const { disk, processes, clock } = machine;
const signal = new AbortController().signal;
const usual = await new ExecDriver(machine).fingerprint({}, signal).next();
const skip = usual.value.detected ? false : `driver exec does not work here: ${usual.value.description}`;
const config = { command: "/bin/sleep", args: ["60"] };

describe("a container that is not made", { skip }, () => {
  let programs: string;
  before(async () => {
    programs = await disk.makeTemporaryDirectory("isolation-test-");
    await disk.changeMode(programs, 0o755);
    await disk.writeAtomically(`${programs}/crun`, Buffer.from("#!/bin/sh\nexec /bin/sleep 60\n"), 0o755);
  });
  after(() => disk.removeTree(programs));

  /** A machine whose OCI runtime hangs; `supervised` may change what it is started as. */
  function hanging(
    changed: Partial<Runtime> = {},
    supervised: (made: SupervisedProcess) => SupervisedProcess = (made) => made,
  ): Runtime {
    const supervise: typeof processes.supervise = async (...args) => supervised(await processes.supervise(...args));
    const environment = { ...processes.environment, PATH: programs };
    return {
      ...machine,
      processes: Object.assign(Object.create(processes), { environment, supervise }),
      ...changed,
    };
  }

  async function withBench(runtime: Runtime, use: (bench: TaskBench<CommandConfig>) => Promise<void>): Promise<void> {
    const bench = await TaskBench.open(machine, new ExecDriver(runtime));
    const home = await bench.leavings();
    try {
      await use(bench);
      assert.deepEqual(await bench.leavings(), home);
    } finally {
      await bench.close();
    }
  }

  test("is given up when the task is not wanted any more", async () => {
    const stop = new AbortController();
    const runtime = hanging({}, (made) => {
      stop.abort();
      return made;
    });
    await withBench(runtime, async (bench) => {
      const starting = bench.driver.start({ ...bench.taskConfig(config), signal: stop.signal });
      await assert.rejects(starting, { mayRun: false, message: /not wanted any more$/ });
    });
  });

  test("is given up after some time, and another try may do better", async () => {
    let passed = 0;
    const hasty: Runtime["clock"] = {
      now: () => later(clock.now(), minutes(passed++)),
      wallTime: () => clock.wallTime(),
      at: (when, wake) => clock.at(when, wake),
      sleep: (time, until) => clock.sleep(time, until),
    };
    await withBench(hanging({ clock: hasty }), async (bench) => {
      await assert.rejects(bench.start(config), { isRecoverable: true, mayRun: false, message: /within 2m0s$/ });
    });
  });

  /** A disk that cannot tell whether the container is there. */
  const unreadable: Runtime["disk"] = Object.assign(Object.create(disk), {
    read: async (path: string) => {
      if (path.endsWith(bundleFiles.pid)) throw Object.assign(new Error("i/o error"), { code: "EIO" });
      return disk.read(path);
    },
  });

  test("leaves nothing running when the disk cannot be read", async () => {
    await withBench(hanging({ disk: unreadable }), async (bench) => {
      await assert.rejects(bench.start(config), { mayRun: false, message: "i/o error" });
    });
  });

  test("is found again by its directory when it cannot be ended", async () => {
    const immortal = (made: SupervisedProcess): SupervisedProcess => ({
      pid: made.pid,
      identity: made.identity,
      stdout: made.stdout,
      stderr: made.stderr,
      exited: Promise.resolve({ exitCode: 0, signal: 0, oomKilled: false }),
      run: (...args) => made.run(...args),
      groupUsage: () => made.groupUsage(),
      signal: () => {},
      discard: () => Promise.reject(new Error("too many open files")),
      detach: () => made.detach(),
    });
    await withBench(hanging({ disk: unreadable }, immortal), async (bench) => {
      const task = bench.taskConfig(config);
      await assert.rejects(bench.driver.start(task), { mayRun: true, message: /too many open files/ });
      const { supervision } = task.directories;
      const found = await new ExecDriver(machine).recover({ driver: "exec", fields: { supervision } });
      assert.ok(found !== undefined);
      await found.stop("SIGKILL", nanoseconds(0));
      await found.discard();
    });
  });
});
