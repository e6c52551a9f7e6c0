import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Program, SupervisedProcess } from "../processes.ts";
import { NodeProcesses } from "./node-processes.ts";
import { allProcesses, isAlive } from "./process-table.ts";

const processes = new NodeProcesses();
const never = new AbortController().signal;
const home = mkdtempSync(join(tmpdir(), "node-processes-test-"));
after(() => rmSync(home, { recursive: true, force: true }));

let directories = 0;
const freshDirectory = () => join(home, `supervised-${directories++}`);

function program(command: string, args: readonly string[], env: Record<string, string> = {}): Program {
  return { command, args, env, workingDirectory: home };
}
const shell = (script: string, env?: Record<string, string>) => program("/bin/sh", ["-c", script], env);

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

/** Runs a program under supervision to its end and clears it away. */
async function outcome(started: Program) {
  const task = await processes.supervise(started, freshDirectory());
  const [exit, stdout, stderr] = await Promise.all([task.exited, textOf(task.stdout), textOf(task.stderr)]);
  await task.discard();
  return { exit, stdout, stderr };
}

/** Reads until the task has printed a whole line. */
async function firstLine(task: SupervisedProcess): Promise<string> {
  let text = "";
  for await (const chunk of task.stdout) {
    text += Buffer.from(chunk).toString();
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  return text;
}

test("a program's output and exit code are delivered whole", async () => {
  assert.deepEqual(await outcome(shell("echo out; echo err >&2; exit 42")), {
    exit: { exitCode: 42, signal: 0, oomKilled: false },
    stdout: "out\n",
    stderr: "err\n",
  });
});

test("a program killed by a signal reports 128 plus its number, and the number", async () => {
  assert.deepEqual((await outcome(shell("kill -KILL $$"))).exit, { exitCode: 137, signal: 9, oomKilled: false });
  assert.deepEqual((await outcome(shell("kill -INT $$"))).exit, { exitCode: 130, signal: 2, oomKilled: false });
  assert.deepEqual((await outcome(shell("exit 137"))).exit, { exitCode: 137, signal: 0, oomKilled: false });
});

test("arguments and environment arrive exactly, whatever they contain (T39)", async () => {
  const args = ["a b", "$(id)", "`id`", "it's", '"', "new\nline", "-n", "", "*", "\\"];
  const env = { "LOG-LEVEL": "a b\n$HOME'\"\\", "it's\\": "x", PWD: "mine", IFS: "x", EMPTY: "", a: "--" };
  const printArgs = `for (const a of process.argv.slice(1)) console.log(JSON.stringify(a));`;
  const echoed = await outcome(program(process.execPath, ["-e", printArgs, "--", ...args], { PATH: "/bin" }));
  assert.deepEqual(
    echoed.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
    args,
  );
  const printed = await outcome(program("/usr/bin/env", ["-0"], env));
  assert.deepEqual(
    printed.stdout.split("\0").filter(Boolean).sort(),
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  );
});

test("values of the environment stand on no command line while the task runs (T20)", async () => {
  const task = await processes.supervise(shell("echo up; sleep 60", { TOKEN: "known-secret-4711" }), freshDirectory());
  await firstLine(task);
  for (const { pid } of allProcesses()) {
    if (pid === process.pid) continue;
    const commandLine = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "latin1") : "";
    assert.ok(!commandLine.includes("known-secret-4711"), commandLine);
  }
  task.signal("SIGKILL", { group: true });
  await task.exited;
  await task.discard();
});

test("a task inherits descriptors 0, 1 and 2 and no other, whatever was left open in the agent (T38)", () => {
  // A program that is given a descriptor of which it does not know, and starts a task that lists its own.
  const agent = `
    import { NodeProcesses } from ${JSON.stringify(new URL("node-processes.ts", import.meta.url).href)};
    const list = "i=0; while [ $i -lt 1024 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done";
    const program = { command: "/bin/sh", args: ["-c", list], env: {}, workingDirectory: "/" };
    const task = await new NodeProcesses().supervise(program, ${JSON.stringify(freshDirectory())});
    await task.stdout.each((chunk) => void process.stdout.write(chunk));
    await task.discard();`;
  const open = openSync(home, "r");
  try {
    const stdio = ["ignore", "pipe", "pipe", open] as const;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", agent], {
      stdio: [...stdio],
    });
    assert.equal(stdout.toString(), "0\n1\n2\n", stderr.toString());
  } finally {
    closeSync(open);
  }
});

test("a task may run as another user, without that user's environment touching what starts it", {
  skip: notRoot(),
}, async () => {
  const nobody = await processes.user("nobody");
  assert.ok(nobody !== undefined);
  const { stdout } = await outcome({ ...shell("id -u; id -g"), user: nobody });
  assert.deepEqual(stdout.trim().split("\n").map(Number), [nobody.uid, nobody.gid]);
});

test("SIGINT ends a task that does nothing about it, and a task that does may end as it likes", async () => {
  const plain = await processes.supervise(program("/bin/sleep", ["60"]), freshDirectory());
  plain.signal("SIGINT");
  assert.deepEqual(await plain.exited, { exitCode: 130, signal: 2, oomKilled: false });
  await plain.discard();

  const polite = await processes.supervise(
    shell("trap 'exit 7' INT; echo up; while :; do sleep 0.01; done"),
    freshDirectory(),
  );
  assert.equal(await firstLine(polite), "up");
  polite.signal("SIGINT");
  assert.deepEqual(await polite.exited, { exitCode: 7, signal: 0, oomKilled: false });
  await polite.discard();
});

test("a task that signals its own process group does not take the supervisor along", async () => {
  assert.deepEqual((await outcome(shell("kill -KILL 0"))).exit, { exitCode: 137, signal: 9, oomKilled: false });
});

test("output written before the exit is complete even when more than the FIFO holds", async () => {
  const { stdout } = await outcome(shell("head -c 1000000 /dev/zero; echo end"));
  assert.equal(stdout.length, 1_000_004);
  assert.ok(stdout.endsWith("end\n"));
});

test("a task that left the background running counts as ended, and discard ends the rest (T40)", {
  skip: notRoot(),
}, async () => {
  const directory = freshDirectory();
  const task = await processes.supervise(
    shell("mkfifo up; setsid sh -c 'trap \"\" INT TERM HUP; echo $$; echo > up; sleep 60' & read line < up; exit 3"),
    directory,
  );
  const [exit, stdout] = await Promise.all([task.exited, textOf(task.stdout)]);
  assert.deepEqual(exit, { exitCode: 3, signal: 0, oomKilled: false });
  const left = Number(stdout);
  assert.ok(existsSync(`/proc/${left}`));
  await task.discard();
  assert.ok(!isRunning(left));
  assert.equal(existsSync(directory), false);
});

test("a signal to the group reaches what has left its session and lost its parent", { skip: notRoot() }, async () => {
  const task = await processes.supervise(
    shell("sh -c 'setsid sh -c \"echo \\$\\$; exec sleep 60\" & exit' ; sleep 60"),
    freshDirectory(),
  );
  const orphan = Number(await firstLine(task));
  assert.ok(isRunning(orphan));
  task.signal("SIGKILL", { group: true });
  await task.exited;
  await task.discard();
  assert.ok(!isRunning(orphan));
});

test("without root too, discard ends what has left its session and lost its parent (T40)", { skip: notRoot() }, () => {
  const place = mkdtempSync(join(home, "nobody-"));
  chmodSync(home, 0o711);
  chownSync(place, 65_534, 65_534);
  const inner = join(import.meta.dirname, "node-processes.ts");
  const script = `
    const { NodeProcesses } = await import(${JSON.stringify(inner)});
    const args = ["-c", "(setsid sleep 60 & echo $!); (setsid setsid sleep 60 & echo $!); exit 3"];
    const env = { PATH: "/usr/bin:/bin" };
    const program = { command: "/bin/sh", args, env, workingDirectory: "/" };
    const task = await new NodeProcesses().supervise(program, ${JSON.stringify(join(place, "run"))});
    await task.exited;
    for await (const text of task.stdout) process.stdout.write(text);
    await task.discard();`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    env: {},
    uid: 65_534,
    gid: 65_534,
  });
  const pids = stdout.trim().split("\n").map(Number);
  assert.equal(pids.length, 2, stdout);
  assert.deepEqual(pids.filter(isRunning), []);
});

test("where control groups may only be read, programs run without them, and it is said why there are no limits", {
  skip: notRoot() || noMounts(),
}, async () => {
  const controlGroups = join(import.meta.dirname, "control-groups.ts");
  const script = `
    const { ControlGroups, limitsUnavailable } = await import(${JSON.stringify(controlGroups)});
    console.log(ControlGroups.make(), limitsUnavailable());`;
  const hierarchy = existsSync("/sys/fs/cgroup/freezer") ? "/sys/fs/cgroup/freezer" : "/sys/fs/cgroup";
  const readOnly = `mount -o remount,bind,ro ${hierarchy} && exec "$0" --input-type=module -e "$1"`;
  const inside = program("/usr/bin/unshare", ["--mount", "/bin/sh", "-c", readOnly, process.execPath, script]);
  const { stdout } = await processes.run({ ...inside, env: { PATH: "/usr/bin:/bin" } }, { signal: never });
  assert.match(stdout, /^undefined control groups cannot be made: /);
});

test("nothing is left of a task: no process, descriptor, control group or file", async () => {
  const before = leavings();
  for (let i = 0; i < 5; i++) {
    const task = await processes.supervise(shell("echo hello; sleep 60"), freshDirectory());
    await firstLine(task);
    task.signal("SIGKILL", { group: true });
    await task.exited;
    await task.discard();
  }
  await eventually(() => assert.deepEqual(leavings(), before));
});

test("a program that cannot be started is an error that leaves nothing", async () => {
  const before = leavings();
  const directory = freshDirectory();
  await assert.rejects(
    processes.supervise({ ...shell("true"), workingDirectory: "/no/such/place" }, directory),
    /^Error: Cannot start a program: .*\/no\/such\/place/,
  );
  assert.equal(existsSync(directory), false);
  await eventually(() => assert.deepEqual(leavings(), before));
});

test("why a program cannot be started is told also where the shell cannot write it down, as on a full disk", async () => {
  const directory = freshDirectory();
  await processes.makeReady(directory);
  symlinkSync("/no/such/place", join(directory, "complaints"));
  await assert.rejects(processes.supervise(shell("true"), directory), {
    message: "Cannot start a program: its supervision directory cannot be written to",
  });
  assert.equal(existsSync(directory), false);
});

test("texts kept beside a program are there when it starts, for the agent's user alone, and go with it", async () => {
  const directory = freshDirectory();
  const kept = join(directory, "place");
  const task = await processes.supervise(shell(`stat -c %a ${kept}; cat ${kept}`), directory, {
    files: { place: "here" },
  });
  await task.exited;
  assert.equal(await textOf(task.stdout), "600\nhere");
  await task.discard();
  assert.equal(existsSync(directory), false);
});

test("a directory serves one program only", async () => {
  const directory = freshDirectory();
  const task = await processes.supervise(shell("exit 0"), directory);
  await task.exited;
  await assert.rejects(processes.supervise(shell("exit 0"), directory), /Cannot supervise a program in/);
  await task.discard();
});

test("a program finds in its directory what was made ready there, be it whole or not", async () => {
  for (const isAwaited of [true, false]) {
    const directory = freshDirectory();
    const ready = processes.makeReady(directory);
    if (isAwaited) await ready;
    const fifos = () => ["stdout", "stderr"].map((name) => statSync(join(directory, name)).ino);
    const made = isAwaited ? fifos() : undefined;
    const task = await processes.supervise(shell("echo out; echo err >&2; exit 3"), directory);
    if (made !== undefined) assert.deepEqual(fifos(), made);
    const [exit, stdout, stderr] = await Promise.all([task.exited, textOf(task.stdout), textOf(task.stderr)]);
    assert.deepEqual([exit.exitCode, stdout, stderr], [3, "out\n", "err\n"]);
    await task.discard();
    await ready;
    assert.ok(!existsSync(directory));
  }
});

test("what was made ready for nothing is no run, and goes when it is looked for", async () => {
  const directory = freshDirectory();
  await processes.makeReady(directory);
  assert.equal(await processes.recover(directory), undefined);
  assert.ok(!existsSync(directory));
});

test("where nothing can be made ready it is the start that fails", async () => {
  const directory = join(home, "a-file", "run");
  writeFileSync(join(home, "a-file"), "");
  await processes.makeReady(directory);
  await assert.rejects(processes.supervise(shell("exit 0"), directory), /ENOTDIR/);
});

test("a task goes on when its agent lets go of it, and is found again with its output and exit code", async () => {
  const directory = freshDirectory();
  const go = join(home, "go-on");
  const first = await processes.supervise(
    shell(`echo one; while [ ! -e ${go} ]; do sleep 0.01; done; echo two; exit 42`),
    directory,
  );
  assert.equal(await firstLine(first), "one");
  first.detach();
  const second = await processes.recover(directory);
  assert.equal(second?.identity, first.identity);
  writeFileSync(go, "");
  const [exit, stdout] = await Promise.all([second.exited, textOf(second.stdout)]);
  assert.deepEqual(exit, { exitCode: 42, signal: 0, oomKilled: false });
  assert.equal(stdout, "two\n");
  await second.discard();
});

test("a task that ended while nobody looked is found with its exit code; an unknown one is not found", async () => {
  const directory = freshDirectory();
  const first = await processes.supervise(shell("exit 5"), directory);
  await first.exited;
  const second = await processes.recover(directory);
  assert.deepEqual(await second?.exited, { exitCode: 5, signal: 0, oomKilled: false });
  await second?.discard();
  assert.equal(await processes.recover(directory), undefined);
});

test("when its supervisor is killed a task counts as running until it ends, and its code as lost", async () => {
  const task = await processes.supervise(shell("echo up; sleep 60"), freshDirectory());
  await firstLine(task);
  const supervisor = allProcesses().find(({ pid }) => pid === task.pid)?.parent as number;
  process.kill(supervisor, "SIGKILL");
  assert.equal(isAlive(task.identity), true);
  task.signal("SIGKILL");
  assert.match((await task.exited).lost ?? "", /supervisor of the task was killed/);
  await task.discard();
});

test("usage tells memory and time of a process and of all its children", async () => {
  const task = await processes.supervise(shell("sleep 60 & sleep 60 & echo up; wait"), freshDirectory());
  await firstLine(task);
  const tree = processes.tree(task.pid);
  const usage = tree.usage();
  assert.equal(usage.length, 3);
  assert.equal(usage[0]?.pid, task.pid);
  assert.ok((usage[0]?.residentBytes ?? 0) > 100_000);
  task.signal("SIGKILL", { group: true });
  await task.exited;
  // Its children were killed with it, and may be a moment longer about it.
  await eventually(() => assert.deepEqual(tree.usage(), []));
  assert.deepEqual(processes.tree(task.pid).usage(), []);
  await task.discard();
});

const limits = { memoryBytes: 32 * 1024 * 1024, cpuShares: 100, processes: 20 };
const noLimits = () => processes.limitsUnavailable() ?? false;

test("a task that wants more memory than its limit is killed, and so says its exit", { skip: noLimits() }, async () => {
  const task = await processes.supervise(program("/usr/bin/tail", ["/dev/zero"]), freshDirectory(), { limits });
  assert.deepEqual(await task.exited, { exitCode: 137, signal: 9, oomKilled: true });
  await task.discard();
});

test("memory can be set aside within a limit", { skip: noLimits() }, async () => {
  const within = { ...limits, memoryReservedBytes: 8 * 1024 * 1024 };
  const task = await processes.supervise(program("/bin/sleep", ["60"]), freshDirectory(), { limits: within });
  task.signal("SIGKILL", { group: true });
  assert.equal((await task.exited).oomKilled, false);
  await task.discard();
});

test("a task has its weight at the disks, where the kernel knows weights", { skip: noLimits() }, async () => {
  const directory = freshDirectory();
  const task = await processes.supervise(program("/bin/sleep", ["60"]), directory, {
    limits: { ...limits, ioWeight: 200 },
  });
  const { blkio } = JSON.parse(readFileSync(join(directory, "groups"), "utf8"));
  const files = ["blkio.weight", "blkio.bfq.weight", "io.bfq.weight"].map((name) => join(blkio ?? "", name));
  const weights = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, "utf8").trim());
  for (const weight of weights) assert.match(weight, /^(default )?200$/);
  task.signal("SIGKILL", { group: true });
  await task.exited;
  await task.discard();
});

test("the exit tells of want of memory also when a child was the victim", { skip: noLimits() }, async () => {
  const task = await processes.supervise(shell("tail /dev/zero; exit 0"), freshDirectory(), { limits });
  assert.deepEqual(await task.exited, { exitCode: 0, signal: 0, oomKilled: true });
  await task.discard();
});

test("a task cannot start more processes than its limit (T40)", { skip: noLimits() }, async () => {
  const task = await processes.supervise(
    shell("i=0; while [ $i -lt 40 ]; do sleep 60 & i=$((i+1)); done"),
    freshDirectory(),
    { limits },
  );
  const [exit, stderr] = await Promise.all([task.exited, textOf(task.stderr)]);
  assert.notEqual(exit.exitCode, 0);
  assert.match(stderr, /[Cc]annot fork/);
  await task.discard();
});

test("the usage of a limited task covers all it started", { skip: noLimits() }, async () => {
  const script =
    "head -c 8000000 /dev/zero | tail -c 8000000 >/dev/null; x=$(head -c 100000 /dev/zero | tr '\\0' x); echo up; sleep 60";
  const task = await processes.supervise(shell(script), freshDirectory(), { limits });
  await firstLine(task);
  const usage = await task.groupUsage();
  assert.ok(usage !== undefined && usage.residentBytes > 100_000 && usage.maxUsageBytes > 8_000_000);
  task.signal("SIGKILL", { group: true });
  await task.exited;
  await task.discard();
});

test("a helper's output and code are collected, and its input given", async () => {
  const result = await processes.run(shell("cat; echo err >&2; exit 3"), { signal: never, input: Buffer.from("in") });
  assert.deepEqual(result, { exitCode: 3, signal: 0, stdout: "in", stderr: "err\n" });
});

test("a helper is killed with all it started when the signal fires", { timeout: 20_000 }, async () => {
  const controller = new AbortController();
  const held = join(home, "held");
  spawnSync("mkfifo", [held]);
  const running = processes.run(shell(`exec 3> ${held}; sleep 60 & echo began >&3; wait`), {
    signal: controller.signal,
  });
  const told = createReadStream(held, "utf8")[Symbol.asyncIterator]();
  assert.equal((await told.next()).value, "began\n");
  controller.abort(new Error("too slow"));
  await assert.rejects(running, /too slow/);
  // It ends when nobody is left who holds it.
  assert.equal((await told.next()).done, true);
});

test("a helper that is not there is ENOENT", async () => {
  await assert.rejects(processes.run(program("/no/such/program", []), { signal: never }), { code: "ENOENT" });
});

test("a helper's endless output is cut off", async () => {
  const result = await processes.run(shell("head -c 3000000 /dev/zero"), { signal: never });
  assert.equal(result.stdout.length, 1024 * 1024);
});

function notRoot(): string | false {
  return processes.effectiveUserID === 0 ? false : "needs root";
}

function noMounts(): string | false {
  return spawnSync("/usr/bin/unshare", ["--mount", "true"]).status === 0 ? false : "needs mount name spaces";
}

function isRunning(pid: number): boolean {
  return allProcesses().some((entry) => entry.pid === pid && !entry.isZombie);
}

/** Everything a task might leave behind. */
function leavings() {
  return {
    children: allProcesses().filter(({ parent, isZombie }) => parent === process.pid && !isZombie).length,
    fifos: readdirSync("/proc/self/fd").filter((fd) => isFifo(`/proc/self/fd/${fd}`)).length,
    groups: readdirSync(groupRoot()).filter((name) => name.startsWith(`nomad-${process.pid}-`)).length,
    files: readdirSync(home).length,
  };
}

function groupRoot(): string {
  return existsSync("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/freezer";
}

function isFifo(path: string): boolean {
  return existsSync(path) && statSync(path).isFIFO();
}

/** Descriptors close in the event loop's next turns. */
async function eventually(check: () => void): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  check();
}
