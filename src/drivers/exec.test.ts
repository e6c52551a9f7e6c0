import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { milliseconds, seconds } from "../base/index.ts";
import type { OpenFile } from "../runtime/index.ts";
import { endsWithin } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import type { CommandConfig } from "./command.ts";
import type { Fingerprint } from "./driver.ts";
import { ExecDriver } from "./exec.ts";
import { findOciRuntime } from "./oci-runtime.ts";
import { firstLine, TaskBench } from "./testing/task-bench.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const driver = new ExecDriver(runtime);
const shell = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });

async function fingerprintOf(of: ExecDriver): Promise<Fingerprint> {
  return (await of.fingerprint({}, new AbortController().signal).next()).value;
}

test("exec says why it does not work: no root, or no OCI runtime", async () => {
  const { processes, disk } = runtime;
  const withProcesses = (changed: object) =>
    new ExecDriver({ ...runtime, processes: Object.assign(Object.create(processes), changed) });
  const unprivileged = await fingerprintOf(withProcesses({ effectiveUserID: 1000 }));
  assert.deepEqual([unprivileged.detected, unprivileged.description], [false, "must run as root user"]);
  const able = { effectiveUserID: 0, limitsUnavailable: () => undefined };
  const withoutCrun = Object.assign(Object.create(disk), {
    status: (path: string) => Promise.reject(Object.assign(new Error(path), { code: "ENOENT" })),
  });
  const bare = new ExecDriver({
    ...runtime,
    disk: withoutCrun,
    processes: Object.assign(Object.create(processes), able),
  });
  assert.deepEqual((await fingerprintOf(bare)).description, 'no OCI runtime: neither program "crun" nor "runc" found');
});

/** The driver on a machine where `crun` is looked for in one directory before all others. */
function withPath(directory: string): ExecDriver {
  const { processes } = runtime;
  const environment = { ...processes.environment, PATH: directory };
  return new ExecDriver({ ...runtime, processes: Object.assign(Object.create(processes), { environment }) });
}

test("exec passes by what is called crun and is no program", async () => {
  const { disk } = runtime;
  const home = await disk.makeTemporaryDirectory("drivers-exec-test-");
  try {
    await disk.makeDirectory(`${home}/directory/crun`);
    await disk.makeDirectory(`${home}/text`);
    await disk.writeAtomically(`${home}/text/crun`, Buffer.from("#!/bin/sh\n"), 0o644);
    assert.deepEqual(await findOciRuntime(disk, `${home}/directory:${home}/text`), await findOciRuntime(disk, ""));
    await disk.changeMode(`${home}/text/crun`, 0o755);
    assert.deepEqual(await findOciRuntime(disk, `${home}/directory:${home}/text`), {
      name: "crun",
      path: `${home}/text/crun`,
    });
  } finally {
    await disk.removeTree(home);
  }
});

const nameSpaces = ["ipc", "mnt", "pid", "uts"];

async function closing(file: OpenFile): Promise<string> {
  const path = await file.realPath();
  await file.close();
  return path;
}

const found = await fingerprintOf(driver);
const skip = found.detected ? false : `driver exec does not work here: ${found.description}`;

describe("an exec task", { skip }, () => {
  let bench: TaskBench<CommandConfig>;
  before(async () => {
    bench = await TaskBench.open(runtime, driver);
  });
  after(() => bench.close());

  const output = async (script: string, options?: object) => (await bench.outcome(shell(script), options)).stdout;

  test("is alone: its own processes, host name and user (T38, CVE-2021-3283)", async () => {
    assert.equal(await output("echo $$; echo /proc/[0-9]*"), "1\n/proc/1\n");
    assert.equal(await output("id -un; hostname; pwd"), "nobody\nweb\n/\n");
    const own = await Promise.all(
      nameSpaces.map((name) => runtime.disk.open(`/proc/self/ns/${name}`, "read").then((file) => closing(file))),
    );
    const inside = await output(nameSpaces.map((name) => `readlink /proc/self/ns/${name}`).join("; "));
    for (const nameSpace of own) assert.doesNotMatch(inside, new RegExp(nameSpace.replace(/.*\//, "")));
  });

  test("shares no System V or POSIX memory with the host or other tasks (CVE-2021-3283)", async () => {
    const made = await output("ipcmk -M 64 >/dev/null && ipcs -m | grep -c nobody; ls /dev/shm /dev/mqueue | wc -l");
    assert.match(made, /^1\n/);
    assert.equal(await output("ipcs -m | grep -c 0x || true"), "0\n");
  });

  test("has no capability, can gain none, and is filtered (T38, CVE-2019-12618)", async () => {
    const status = await output("cat /proc/self/status");
    for (const set of ["Inh", "Prm", "Eff", "Bnd", "Amb"])
      assert.match(status, new RegExp(`^Cap${set}:\\t0{16}$`, "m"));
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
  });

  test("cannot open raw sockets, as root neither (T38, CVE-2021-32575)", async () => {
    const netRaw = 13n;
    const status = await output("cat /proc/self/status", { user: "root" });
    for (const set of ["Prm", "Eff", "Bnd"]) {
      const capabilities = BigInt(`0x${new RegExp(`^Cap${set}:\\t(.*)$`, "m").exec(status)?.[1]}`);
      assert.equal((capabilities >> netRaw) & 1n, 0n);
    }
  });

  test("cannot make name spaces, mounts or keys, which an ordinary user could (T38)", async () => {
    const refused = async (script: string, options?: object) =>
      assert.match(await output(`${script} 2>&1 || true`, options), /not permitted|permission denied/i);
    await refused("unshare --user --map-root-user id");
    await refused("unshare --mount id", { user: "root" });
    await refused("mount -t tmpfs none /tmp", { user: "root" });
    await refused("/usr/sbin/chroot /usr /bin/true", { user: "root" });
  });

  test("leaves no core behind and may open as many files as the agent, up to a limit", async () => {
    assert.match(await output("ulimit -c; ulimit -Hc; ulimit -n"), /^0\n0\n\d+\n$/);
    assert.ok(Number(await output("ulimit -Hn")) <= 65_536);
  });

  test("sees of the host what chroot_env says, read-only, and nothing else", async () => {
    const { disk } = runtime;
    await disk.makeDirectory(`${bench.home}/extra/inner`, 0o755);
    await disk.writeAtomically(`${bench.home}/extra/file`, Buffer.from("shown"), 0o644);
    const usual = ["/bin", "/lib", "/lib64", "/usr"].map((path) => [path, path]);
    const chrootEnv = { ...Object.fromEntries(usual), [`${bench.home}/extra`]: "opt/extra", "/no/such": "/no/such" };
    const chosen = await TaskBench.open(runtime, new ExecDriver(runtime, { options: {}, chrootEnv }));
    try {
      const { stdout } = await chosen.outcome(shell("cat /opt/extra/file; touch /opt/extra/x || ls /etc /opt"));
      assert.equal(stdout, "shown/opt:\nextra\n");
    } finally {
      await chosen.close();
    }
  });

  test("does not start where chroot_env covers the task's own directories", async () => {
    for (const destination of ["/", "/local", "/proc/sys", "/secrets", "/../tmp"]) {
      const chrootEnv = { "/srv": destination };
      const { detected, description } = await fingerprintOf(new ExecDriver(runtime, { options: {}, chrootEnv }));
      assert.deepEqual([detected, description.includes("that is the task's own")], [false, true], description);
    }
  });

  test("sees neither the agent's data nor other allocations, by no path (T38, CVE-2024-21626)", async () => {
    await runtime.disk.writeAtomically(`${bench.home}/alloc-of-another`, Buffer.from("canary"), 0o644);
    const { stdout } = await bench.outcome(
      shell(
        "pwd; readlink /proc/self/cwd /proc/self/root; cat $OTHER /proc/1/root$OTHER /proc/1/cwd$OTHER 2>/dev/null; true",
      ),
      { env: { PATH: "/usr/bin:/bin", OTHER: `${bench.home}/alloc-of-another` } },
    );
    assert.equal(stdout, "/\n/\n/\n");
    const mounts = await output("cat /proc/self/mounts | cut -d' ' -f2");
    assert.ok(!mounts.includes(bench.home));
  });

  test("is not alone with what is run beside it, which is as isolated, as bound, and leaves nothing", async () => {
    const before = await bench.leavings();
    const task = await bench.start(shell("echo up; sleep 60"), { memoryMB: 33 });
    const exec = async (script: string) => {
      const options = { env: {}, timeout: seconds(20), outputBytes: 4096, signal: new AbortController().signal };
      return (await task.exec?.("sh", ["-c", script], options))?.output;
    };
    assert.equal(
      await exec("id -un; hostname; cat /proc/1/cmdline | tr '\\0' ' '"),
      "nobody\nweb\n/bin/sh -c echo up; sleep 60 ",
    );
    const confined = (await exec("cat /proc/self/status")) ?? "";
    assert.match(confined, /^NoNewPrivs:\t1$/m);
    assert.match(confined, /^CapEff:\t0+$/m);
    // As if it read its own: the path is of the host, which it does not see.
    assert.equal(await exec("cmp /proc/self/cgroup /proc/1/cgroup && echo same groups"), "same groups\n");
    const left = exec("setsid sleep 60 >/dev/null 2>&1 & echo left");
    assert.equal(await left, "left\n");
    const files = await runtime.disk.list(task.handle.fields.supervision as string);
    assert.deepEqual(
      files.filter(({ name }) => name.startsWith("beside")),
      [],
    );
    await task.stop("SIGKILL", seconds(1));
    await task.discard();
    await bench.leavesNoMoreThan(before);
  });

  test("sees the host's programs but can change nothing of the host, nor see the agent's files", async () => {
    assert.equal(await output("touch /usr/x /bin/x /etc/passwd 2>/dev/null || echo refused"), "refused\n");
    assert.equal(await output(`ls ${bench.home} /root /home /var /etc/shadow /sys 2>/dev/null; echo none`), "none\n");
  });

  test("shares /alloc and has /local and /tmp on disk, and /secrets in memory", async () => {
    const script =
      "for d in alloc local tmp secrets; do echo $d >/$d/mark 2>/dev/null || echo no $d; done; df /secrets | tail -1";
    assert.match(await output(script), /^tmpfs\b.*\/secrets\n$/);
    for (const [path, text] of [
      ["alloc/mark", "alloc\n"],
      ["task/local/mark", "local\n"],
      ["task/tmp/mark", "tmp\n"],
    ]) {
      assert.equal(Buffer.from(await runtime.disk.read(`${bench.home}/${path}`)).toString(), text);
    }
  });

  test("is shown the agent's secrets only where these are in memory", async () => {
    const secrets = `${bench.home}/kept secrets`;
    const asRoot = (command: string, ...args: string[]) =>
      runtime.processes.run(
        { command, args, env: {}, workingDirectory: "/" },
        { signal: new AbortController().signal },
      );
    await runtime.disk.makeDirectory(secrets, 0o755);
    await runtime.disk.writeAtomically(`${secrets}/token`, Buffer.from("on disk"));
    assert.equal(await output("ls /secrets", { secrets }), "");
    await asRoot("/usr/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", secrets);
    try {
      await runtime.disk.writeAtomically(`${secrets}/token`, Buffer.from("4711"));
      assert.equal(await output("cat /secrets/token", { secrets }), "4711");
    } finally {
      await asRoot("/usr/bin/umount", secrets);
    }
  });

  test("runs what it brought along: from local, from its root and from what it shares", async () => {
    const script = (text: string) => Buffer.from(`#!/bin/sh\necho ${text}\n`);
    await runtime.disk.writeAtomically(`${bench.home}/task/local/one`, script("one"), 0o600);
    await runtime.disk.writeAtomically(`${bench.home}/task/two`, script("two"), 0o600);
    await runtime.disk.writeAtomically(`${bench.home}/alloc/three`, script("three"), 0o600);
    for (const [command, text] of [
      ["one", "one"],
      ["/local/one", "one"],
      ["two", "two"],
      ["/alloc/three", "three"],
    ]) {
      assert.equal((await bench.outcome({ command })).stdout, `${text}\n`);
    }
  });

  test("does not see where a link in its directory leads", async () => {
    const link = { command: "/bin/ln", args: ["-s", "/root", `${bench.home}/task/root-link`], env: {} };
    await runtime.processes.run({ ...link, workingDirectory: "/" }, { signal: new AbortController().signal });
    assert.equal(await output("ls -d /root-link 2>/dev/null || echo none"), "none\n");
  });

  test("has exactly its environment, and no descriptor above 2 (T38, CVE-2024-21626)", async () => {
    const env = { "LOG-LEVEL": "a\nb", HOME: "/local" };
    const { stdout } = await bench.outcome({ command: "env", args: ["-0"] }, { env });
    assert.deepEqual(stdout.split("\0").filter(Boolean).sort(), ["HOME=/local", "LOG-LEVEL=a\nb"]);
    const list = "i=0; while [ $i -lt 1024 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done; true";
    assert.equal(await output(list), "0\n1\n2\n");
  });

  test("may be root inside, with few rights", async () => {
    const { stdout } = await bench.outcome(shell("id -u; mount -t tmpfs x /tmp 2>&1 || chroot / 2>&1"), {
      user: "root",
    });
    assert.match(stdout, /^0\n/);
    assert.match(stdout, /permission denied|not permitted/i);
  });

  test("is killed when it wants more memory than it has, and its exit says so", async () => {
    const { exit } = await bench.outcome({ command: "tail", args: ["/dev/zero"] }, { memoryMB: 20 });
    assert.deepEqual(exit, { exitCode: 137, signal: 9, oomKilled: true, message: "OOM Killed" });
  });

  test("is told to have run out of memory when only a child was killed for it", async () => {
    const { exit } = await bench.outcome(shell("tail /dev/zero; exit 0"), { memoryMB: 20 });
    assert.deepEqual([exit.exitCode, exit.oomKilled, exit.message], [0, true, "OOM Killed"]);
  });

  test("cannot fill the machine with processes; others and the agent go on (T40)", async () => {
    // A shell that cannot fork any more ends; the one above it tells how far it came.
    const bomb = "n=0; while :; do { read -r _ </local/never; } & n=$((n+1)); echo $n >/local/count; done";
    const script = `mkfifo /local/never; (${bomb}) 2>/dev/null; read -r n </local/count; echo "$n"; exec sleep 60`;
    const task = await bench.start(shell(script), { memoryMB: 2048 });
    const forked = Number(await firstLine(task));
    assert.ok(forked > 1000 && forked < 4096, `${forked} processes`);
    assert.equal(await output("echo fine"), "fine\n");
    await task.stop("SIGINT", milliseconds(200));
    await task.discard();
  });

  test("may use more memory than is set aside for it, up to its limit", async () => {
    const hold = (mebibytes: number) => {
      const bytes = mebibytes * 1024 * 1024;
      return shell(`head -c ${bytes} /dev/zero | tail -c ${bytes} >/dev/null; echo held`);
    };
    assert.equal((await bench.outcome(hold(40), { memoryMB: 20 })).exit.oomKilled, true);
    const { exit, stdout } = await bench.outcome(hold(40), { memoryMB: 20, memoryMaxMB: 100 });
    assert.deepEqual([exit.exitCode, stdout], [0, "held\n"]);
  });

  test("has its limits and its weights in control groups, of whichever version", async () => {
    const task = await bench.start(shell("echo up; exec sleep 60"), { memoryMB: 33, iops: 100 });
    await firstLine(task);
    const { disk } = runtime;
    const [name] = (await bench.leavings()).groups;
    // Version 2 has one hierarchy, version 1 one for each controller, and other names.
    const textOf = async (...paths: readonly string[]) => {
      for (const path of paths) {
        const value = await disk.read(`/sys/fs/cgroup/${path}`).catch(() => undefined);
        if (value !== undefined) return Buffer.from(value).toString().trim();
      }
      return undefined;
    };
    assert.equal(await textOf(`${name}/memory.max`, `memory/${name}/memory.limit_in_bytes`), String(33 * 2 ** 20));
    assert.equal(await textOf(`${name}/memory.swap.max`, `memory/${name}/memory.swappiness`), "0");
    assert.equal(await textOf(`${name}/pids.max`, `pids/${name}/pids.max`), "4096");
    const isUnified = (await textOf("cgroup.controllers")) !== undefined;
    assert.equal(await textOf(`${name}/cpu.weight`, `cpu/${name}/cpu.shares`), isUnified ? "4" : "100");
    if (isUnified) assert.equal(await textOf(`${name}/io.weight`), "default 1000");
    await task.stop("SIGKILL", seconds(1));
    await task.discard();
  });

  test("is told by its signal when one ended it, though the first of a container is deaf to most", async () => {
    assert.deepEqual((await bench.outcome(shell("sh -c 'kill -TERM $$'; exit 143"))).exit.signal, 15);
    const task = await bench.start({ command: "sleep", args: ["60"] });
    const start = runtime.clock.now();
    await task.stop("SIGINT", seconds(30));
    assert.ok(runtime.clock.now() - start < seconds(10));
    assert.deepEqual(await task.exited, { exitCode: 130, signal: 2, oomKilled: false, message: "" });
    await task.discard();
  });

  test("may end in its own way when it handles the signal, and a shell's children get it too", async () => {
    const polite = await bench.start(shell("trap 'echo bye; exit 9' INT; echo up; while :; do sleep 0.05; done"));
    await firstLine(polite);
    await polite.stop("SIGINT", seconds(30));
    assert.equal((await polite.exited).exitCode, 9);
    await polite.discard();

    const waiting = await bench.start(shell("sh -c 'echo up; exec sleep 60'; exit 8"));
    await firstLine(waiting);
    const start = runtime.clock.now();
    await waiting.stop("SIGINT", seconds(30));
    assert.ok(runtime.clock.now() - start < seconds(10));
    await waiting.discard();
  });

  test("is measured by its control group", async () => {
    const task = await bench.start(shell("echo up; while :; do :; done"));
    await firstLine(task);
    const measure = task.meter(2_000);
    await measure();
    await endsWithin(runtime.clock, task.exited, milliseconds(300));
    const usage = (await measure())!;
    await task.stop("SIGKILL", seconds(1));
    await task.discard();
    const { MemoryStats, CpuStats } = usage.ResourceUsage;
    assert.deepEqual(MemoryStats.Measured, ["RSS", "Cache", "Swap", "Max Usage", "Kernel Usage", "Kernel Max Usage"]);
    assert.deepEqual(CpuStats.Measured, ["System Mode", "User Mode", "Throttled Periods", "Throttled Time", "Percent"]);
    assert.ok(MemoryStats.MaxUsage > 100_000 && CpuStats.Percent > 0);
  });

  test("cannot be started by a runtime that fails without a word", async () => {
    await runtime.disk.makeDirectory(`${bench.home}/silent`);
    await runtime.disk.writeAtomically(`${bench.home}/silent/crun`, Buffer.from("#!/bin/sh\nexit 7\n"), 0o755);
    await assert.rejects(
      withPath(`${bench.home}/silent`).start(bench.taskConfig(shell("true"))),
      /^DriverStartError: cannot make the container: the OCI runtime says nothing and exits with 7$/,
    );
  });

  test("is refused when the container cannot be made, or asks for what there is not", async () => {
    await assert.rejects(
      bench.start(shell("true"), { iops: 5 }),
      /^DriverStartError: resources.IOPS must be between 10 and 1000: 5$/,
    );
    await assert.rejects(bench.start(shell("true"), { user: "no-such-user" }), /unknown user "no-such-user"/);
    const before = await bench.leavings();
    const config = bench.taskConfig(shell("true"));
    await assert.rejects(
      driver.start({ ...config, directories: { ...config.directories, shared: "/no/such/place" } }),
      /cannot make the container: .*no\/such\/place/,
    );
    await bench.leavesNoMoreThan(before);
  });
});
