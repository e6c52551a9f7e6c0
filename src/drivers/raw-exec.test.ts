import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { milliseconds, seconds } from "../base/index.ts";
import { endsWithin } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import type { CommandConfig } from "./command.ts";
import { RawExecDriver } from "./raw-exec.ts";
import { firstLine, TaskBench } from "./testing/task-bench.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const driver = new RawExecDriver(runtime);
const isRoot = runtime.processes.effectiveUserID === 0;
const shell = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });

test("raw_exec is off unless the operator switches it on (T37, CVE-2019-15928)", async () => {
  const switchedOff: Record<string, string>[] = [
    {},
    { "driver.raw_exec.enable": "false" },
    { "driver.raw_exec.enable": "certainly" },
  ];
  for (const options of switchedOff) {
    const { value } = await driver.fingerprint(options).next();
    assert.equal(value.detected, false);
    assert.match(value.description, /client option "driver.raw_exec.enable" is not true/);
    assert.deepEqual(value.attributes, {});
  }
  assert.equal((await driver.fingerprint({ "driver.raw_exec.enable": "1" }).next()).value.detected, true);
});

describe("a raw_exec task", () => {
  let bench: TaskBench<CommandConfig>;
  before(async () => {
    bench = await TaskBench.open(runtime, driver);
  });
  after(() => bench.close());

  const write = async (name: string, text: string, mode: number) => {
    const path = `${bench.home}/${name}`;
    await runtime.disk.writeAtomically(path, Buffer.from(text), mode);
    return path;
  };
  const modeOf = async (path: string) => (await runtime.disk.status(path)).mode & 0o777;

  test("runs in its directory with exactly its environment", async () => {
    const { stdout } = await bench.outcome(
      { command: "env", args: ["-0"] },
      { env: { "LOG-LEVEL": "a\nb", NOMAD_TASK_NAME: "web" } },
    );
    assert.deepEqual(stdout.split("\0").filter(Boolean).sort(), ["LOG-LEVEL=a\nb", "NOMAD_TASK_NAME=web"]);
    assert.equal((await bench.outcome({ command: "pwd" })).stdout, `${bench.directories.task}\n`);
  });

  test("is found in local, then in its directory, then on the host, and made executable", async () => {
    const inTask = await write("task/ls", "#!/bin/sh\necho from task\n", 0o600);
    assert.equal((await bench.outcome({ command: "ls" })).stdout, "from task\n");
    assert.equal(await modeOf(inTask), 0o755);
    const inLocal = await write("task/local/ls", "#!/bin/sh\necho from local\n", 0o600);
    assert.equal((await bench.outcome({ command: "ls" })).stdout, "from local\n");
    assert.equal((await bench.outcome({ command: "local/ls" })).stdout, "from local\n");
    assert.equal((await bench.outcome({ command: "uname" })).stdout, "Linux\n");
    for (const path of [inTask, inLocal]) await runtime.disk.remove(path);
  });

  test("does not make a file outside its directories readable by way of a link", async () => {
    const outside = await write("secret", "x", 0o600);
    await runtime.processes.run(
      { command: "/bin/ln", args: ["-s", outside, `${bench.directories.local}/link`], env: {}, workingDirectory: "/" },
      { signal: new AbortController().signal },
    );
    await bench.outcome({ command: "link" });
    assert.equal(await modeOf(outside), 0o600);
  });

  test("is refused in Nomad's words when its command cannot be run", async () => {
    const refused = (command: string, message: string) =>
      assert.rejects(bench.start({ command }), { name: "DriverStartError", message });
    await refused("no-such-program", 'binary "no-such-program" could not be found');
    await refused("/no/such/program", 'binary "/no/such/program" could not be found');
    await refused("../../../bin/no-such", 'binary "../../../bin/no-such" could not be found');
    await refused("echo hello", 'command contained more than one input. Use "args" field to pass arguments');
    await refused(" echo", 'command contains extra white space: " echo"');
  });

  test("reads its config weakly, and refuses what is missing or of the wrong kind", () => {
    assert.deepEqual(driver.config.parse({ command: 7, args: ["a", 1, true] }), {
      command: "7",
      args: ["a", "1", "1"],
    });
    assert.deepEqual(driver.config.parse({ command: "a", args: "b" }), { command: "a", args: ["b"] });
    const problem = (config: unknown) => driver.config.safeParse(config).error?.issues[0]?.message;
    assert.equal(problem({}), 'field "command" is required');
    assert.equal(problem({ command: "" }), 'field "command" is required, but no value was found');
    assert.equal(problem({ command: ["a"] }), 'field "command" with input ["a"] doesn\'t seem to be of type string');
    assert.equal(
      problem({ command: "a", args: [{}] }),
      'field "args" with input [{}] doesn\'t seem to be of type array',
    );
  });

  test("takes no command and no argument that the system would cut short (T39)", () => {
    const problem = (config: unknown) => driver.config.safeParse(config).error?.issues[0]?.message;
    assert.equal(problem({ command: "/bin/echo\0x" }), 'field "command" holds a null character');
    assert.equal(problem({ command: "a", args: ["b", "c\0d"] }), 'field "args" holds a null character');
  });

  test("passes its arguments on unread (T39)", async () => {
    const args = ["%s|", "a b", "$(id)", "`id`", "'", '"', "new\nline", "-x", ""];
    assert.equal((await bench.outcome({ command: "printf", args })).stdout, "a b|$(id)|`id`|'|\"|new\nline|-x||");
  });

  test("a shell that waits for its child stops with it", async () => {
    const task = await bench.start(shell("sh -c 'echo up; exec sleep 60'; echo never"));
    await firstLine(task);
    const start = runtime.clock.now();
    await task.stop("SIGINT", seconds(30));
    assert.ok(runtime.clock.now() - start < seconds(10));
    assert.equal((await task.exited).signal, 2);
    await task.discard();
  });

  test("leaves no child behind, also one that went its own way", { skip: !isRoot && "needs root" }, async () => {
    const before = await bench.leavings();
    const script = `setsid sh -c 'trap "" INT TERM; echo up; sleep 60; : ${bench.home}' & sleep 60`;
    const task = await bench.start(shell(script));
    await firstLine(task);
    await task.stop("SIGINT", milliseconds(100));
    await task.discard();
    await bench.leavesNoMoreThan(before);
  });

  test("runs as the user it names", { skip: !isRoot && "needs root" }, async () => {
    assert.equal((await bench.outcome(shell("id -un"), { user: "nobody" })).stdout, "nobody\n");
    await assert.rejects(bench.start(shell("id"), { user: "no-such-user" }), /unknown user "no-such-user"/);
  });

  test("what is run beside it has its directory, its user and its end", { skip: !isRoot && "needs root" }, async () => {
    const task = await bench.start(shell("echo up; sleep 60"), { user: "nobody" });
    assert.equal(await firstLine(task), "up");
    const options = { env: { PATH: "/usr/bin:/bin", MINE: "a b" }, timeout: seconds(20), outputBytes: 4096 };
    const exec = async (script: string) => {
      const { signal } = new AbortController();
      return (await task.exec?.("sh", ["-c", script], { ...options, signal }))?.output;
    };
    assert.equal(await exec('id -un; pwd; echo "$MINE"'), `nobody\n${bench.home}/task\na b\n`);
    await exec(`setsid sh -c 'while :; do sleep 0.1; done' ${bench.home} >/dev/null 2>&1 &`);
    assert.ok((await bench.leavings()).processes.some((line) => line.includes("while")));
    await task.stop("SIGKILL", seconds(1));
    await task.discard();
    assert.deepEqual((await bench.leavings()).processes, []);
  });

  test("is known by its directory alone: its own and its user too", { skip: !isRoot && "needs root" }, async () => {
    const task = await bench.start(shell("echo up; sleep 60"), { user: "nobody" });
    assert.equal(await firstLine(task), "up");
    const { supervision } = task.handle.fields as { readonly supervision: string };
    const found = async () => {
      const again = await driver.recover({ driver: "raw_exec", fields: { supervision, allocationID: "1" } });
      assert.ok(again !== undefined);
      return again;
    };
    task.detach();
    const first = await found();
    assert.deepEqual(first.handle, task.handle);
    const { signal } = new AbortController();
    const options = { env: { PATH: "/usr/bin:/bin" }, timeout: seconds(20), outputBytes: 4096, signal };
    assert.equal((await first.exec?.("sh", ["-c", "id -un; pwd"], options))?.output, `nobody\n${bench.home}/task\n`);
    first.detach();
    await runtime.disk.writeAtomically(`${supervision}/place.json`, Buffer.from(""));
    const second = await found();
    assert.equal(second.exec, undefined, "nothing is run as somebody else");
    await second.stop("SIGKILL", seconds(1));
    await second.discard();
    assert.ok(!(await bench.leavings()).files.some((name) => supervision.endsWith(`/${name}`)));
  });

  test("tells the usage of all its processes, each and together", async () => {
    const task = await bench.start(shell("while :; do :; done & echo up; sleep 60"));
    await firstLine(task);
    const measure = task.meter(2_000);
    await measure();
    await endsWithin(runtime.clock, task.exited, milliseconds(300));
    const usage = (await measure())!;
    const { ResourceUsage, Pids } = usage;
    assert.ok(Object.keys(Pids).length >= 2);
    assert.deepEqual(ResourceUsage.MemoryStats.Measured, ["RSS", "Swap"]);
    assert.deepEqual(ResourceUsage.CpuStats.Measured, ["System Mode", "User Mode", "Percent"]);
    const { Percent, UserMode, SystemMode, TotalTicks } = ResourceUsage.CpuStats;
    assert.ok(Percent > 5 && Percent < 150, `${Percent} % of a core`);
    assert.ok(Math.abs(Percent - UserMode - SystemMode) < 1e-6);
    assert.ok(Math.abs(TotalTicks - (Percent / 100) * 2_000) < 1e-6);
    await task.stop("SIGKILL", seconds(1));
    await task.discard();
  });
});
