import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import { nodeRuntime } from "../../runtime/node/index.ts";
import type { TaskHandle } from "../driver.ts";
import { busyboxImage, containersWith, savedImage, testSocket } from "../testing/busybox-image.ts";
import { firstLine, TaskBench, type TaskOptions, textOf } from "../testing/task-bench.ts";
import { containerName } from "./container-request.ts";
import { DockerDriver } from "./docker-driver.ts";
import { Engine } from "./engine.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
const image = `nomad-test/driver:${runtime.random.uuid()}`;
const engine = new Engine(runtime.clock, async () => runtime.http.client(testSocket));
const skip = await engine.version(seconds(3)).then(
  () => false,
  (error) => `no Docker engine at ${testSocket}: ${error.message}`,
);

function driverWith(options: Readonly<Record<string, string>> = {}): DockerDriver {
  return new DockerDriver(runtime, { options: { "docker.cleanup.image": "false", ...options }, chrootEnv: {} });
}

const shell = (script: string, more: object = {}) => ({ image, command: "sh", args: ["-c", script], ...more });

describe("a task in a container", { skip }, () => {
  let bench: TaskBench<unknown>;
  let remove = async () => {};
  before(async () => {
    remove = (await busyboxImage(runtime, image)).remove;
    bench = await TaskBench.open(runtime, driverWith());
  });
  after(async () => {
    await bench?.close();
    await remove();
  });

  const benchWith = (options: Readonly<Record<string, string>>) => TaskBench.open(runtime, driverWith(options));
  const name = () => containerName(bench.taskConfig(shell("true")));
  const printed = async (config: unknown, options?: TaskOptions) => (await bench.outcome(config, options)).stdout;

  test("has its directories, exactly its environment, and the user that is asked for", async () => {
    const script = "echo a > /alloc/a; echo b > /local/local/b; id -u; env";
    const stdout = await printed(shell(script), { env: { ONE: "1 2" }, user: "65534" });
    assert.match(stdout, /^65534\n/);
    assert.deepEqual(
      stdout
        .split("\n")
        .slice(1)
        .filter((line) => !/^(HOSTNAME|SHLVL|PWD|HOME)=/.test(line)),
      ["ONE=1 2", "PATH=/bin", ""],
    );
    const read = async (path: string) => Buffer.from(await runtime.disk.read(path)).toString();
    assert.deepEqual([await read(`${bench.home}/alloc/a`), await read(`${bench.home}/task/local/b`)], ["a\n", "b\n"]);
  });

  test("that takes more memory than it has is killed, and this is told", async () => {
    const { exit } = await bench.outcome(
      { image, command: "dd", args: ["if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"] },
      { memoryMB: 16 },
    );
    assert.deepEqual(exit, { exitCode: 137, signal: 9, oomKilled: true, message: "OOM Killed" });
  });

  test("on a terminal has one output", async () => {
    const { stdout, stderr } = await bench.outcome(
      shell("echo out; echo err >&2; [ -t 0 ] && printf tty", { tty: true }),
    );
    assert.deepEqual([stdout, stderr], ["out\r\nerr\r\ntty", ""]);
  });

  test("keeps every byte of its output, whatever the bytes and however long the lines", async () => {
    const script = "dd if=/dev/urandom of=/alloc/random bs=100k count=3 2>/dev/null; cat /alloc/random; echo; echo end";
    const task = await bench.start(shell(script));
    const parts: Uint8Array[] = [];
    for await (const chunk of task.stdout) parts.push(chunk);
    await task.discard();
    const sent = Buffer.concat([await runtime.disk.read(`${bench.home}/alloc/random`), Buffer.from("\nend\n")]);
    assert.ok(Buffer.concat(parts).equals(sent));
    const long = await printed(shell("dd if=/dev/zero bs=50000 count=1 2>/dev/null | tr '\\0' x; echo; echo end"));
    assert.equal(long, `${"x".repeat(50_000)}\nend\n`);
  });

  test("gives way to the next run when it was left behind under the same name", async () => {
    const left = await bench.start(shell("sleep 60"));
    left.detach();
    const next = await bench.start(shell("echo up; sleep 60"));
    assert.equal(await firstLine(next), "up");
    const label = `com.hashicorp.nomad.alloc_id=${bench.taskConfig(shell("true")).allocationID}`;
    assert.deepEqual(await containersWith(runtime, label), [next.handle.fields.containerID]);
    assert.equal(await bench.driver.recover(left.handle), undefined);
    await next.discard();
  });

  test("is found by its run alone, where its agent died before it knew more", async () => {
    const task = await bench.start(shell("sleep 1; exit 9"));
    task.detach();
    const { supervision } = task.handle.fields;
    const handle: TaskHandle = { driver: "docker", fields: { supervision: supervision ?? "", allocationID: "a1" } };
    const found = await bench.driver.recover(handle);
    assert.equal((await found?.exited)?.exitCode, 9);
    await found?.discard();
    assert.equal(await bench.driver.recover(handle), undefined);
  });

  test("that was made and never started is removed when it is looked for", async () => {
    const supervision = `${bench.home}/half`;
    await runtime.disk.makeDirectory(supervision);
    const Labels = { "com.hashicorp.nomad.run": supervision };
    const id = await engine.createContainer("nomad-test-half", { Image: image, Cmd: ["true"], Labels });
    assert.equal(await bench.driver.recover({ driver: "docker", fields: { supervision } }), undefined);
    assert.equal(await engine.container(id), undefined);
    await assert.rejects(runtime.disk.status(supervision), { code: "ENOENT" });
  });

  test("that somebody else removed has ended", async () => {
    const task = await bench.start(shell("sleep 60"));
    await engine.removeContainer(name());
    const { exitCode } = await task.exited;
    assert.equal(exitCode, 137);
    assert.equal(await textOf(task.stdout), "");
    await task.discard();
  });

  test("gets its image's own signal where the job names none", async () => {
    const task = await bench.start(shell("trap 'exit 4' TERM; echo up; sleep 60 & wait"));
    assert.equal(await firstLine(task), "up");
    await task.stop("", minutes(1));
    assert.equal((await task.exited).exitCode, 4);
    await task.discard();
  });

  test("has programs run beside it, which are killed when their time is over", async () => {
    const task = await bench.start(shell("sleep 60"), { env: { ONE: "1" } });
    const signal = new AbortController().signal;
    const options = { env: {}, timeout: seconds(20), outputBytes: 8, signal };
    const run = (command: string, ...args: string[]) => task.exec?.(command, args, options);
    const told = await run("sh", "-c", 'echo "12345678 $ONE"; exit 3');
    assert.deepEqual(told, { exitCode: 3, timedOut: false, output: "45678 1\n" });
    const late = await task.exec?.("sh", ["-c", "echo up; sleep 1234 & wait"], { ...options, timeout: seconds(1) });
    assert.deepEqual(late, { exitCode: 137, timedOut: true, output: "up\n" });
    const left = await run("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 123[4]'");
    assert.equal(left?.output, "0\n");
    const missing = await run("no-such-program");
    assert.ok(missing === undefined || missing.exitCode !== 0);
    await task.discard();
  });

  test("has its output delivered from where it was got to, without a byte lost or doubled", async () => {
    let written = 0;
    const end = { mark: () => String(written), bytesSince: async (mark: string) => written - Number(mark) };
    const config = bench.taskConfig(shell("i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i; sleep 0.01; done"));
    const task = await bench.driver.start({ ...config, logs: { stdout: end, stderr: end } });
    let text = "";
    for await (const chunk of task.stdout) {
      text += Buffer.from(chunk).toString();
      written += chunk.length;
      // What was written since the last mark was never confirmed.
      if (text.includes("line 20\n")) break;
    }
    task.detach();
    const found = await bench.driver.recover(task.handle, { stdout: end, stderr: end });
    assert.ok(found !== undefined);
    text += await textOf(found.stdout);
    assert.deepEqual(
      text.trimEnd().split("\n"),
      Array.from({ length: 60 }, (_, i) => `line ${i + 1}`),
    );
    await found.discard();
  });

  test("comes from an archive in the task's directory, and from nowhere else", async () => {
    const other = await busyboxImage(runtime, `nomad-test/archive:${runtime.random.uuid()}`);
    await runtime.disk.writeAtomically(`${bench.home}/task/local/image.tar`, await savedImage(runtime, other.name));
    await other.remove();
    try {
      const config = { image: other.name, command: "echo", args: ["loaded"] };
      assert.equal(await printed({ ...config, load: ["image.tar"] }), "loaded\n");
      await runtime.disk.writeAtomically(`${bench.home}/outside.tar`, Buffer.from("secret"));
      for (const archive of ["../../outside.tar", "/etc/passwd", "none.tar", "."]) {
        await assert.rejects(bench.start({ ...config, load: [archive] }), /Failed to load image archive/);
      }
    } finally {
      await other.remove().catch(() => {});
    }
  });

  test("takes its image with it when the operator wishes so, but not from another task", async () => {
    const own = await busyboxImage(runtime, `nomad-test/own:${runtime.random.uuid()}`);
    const cleaning = await benchWith({ "docker.cleanup.image": "true" });
    const config = (name: string) => ({ ...cleaning.taskConfig({ image: own.name, command: "true" }), taskName: name });
    try {
      const [one, two] = [await cleaning.driver.start(config("one")), await cleaning.driver.start(config("two"))];
      await one.exited;
      await one.discard();
      assert.notEqual(await engine.imageID(own.name), undefined);
      await two.exited;
      await two.discard();
      assert.equal(await engine.imageID(own.name), undefined);
    } finally {
      await cleaning.close();
      await own.remove().catch(() => {});
    }
  });

  test("is as its job says: place, name, memory to share, servers of names, and input", async () => {
    const asked = {
      ...{ work_dir: "/alloc", hostname: "inside", shm_size: 3 * 2 ** 20, interactive: true },
      ...{ dns_servers: ["192.0.2.53"], dns_search_domains: ["one.test", "two.test"] },
    };
    const files = "cat /etc/hostname /etc/resolv.conf /proc/mounts";
    const stdout = await printed(shell(`pwd; [ -p /dev/stdin ] && echo open; ${files}`, asked));
    assert.match(stdout, /^\/alloc\nopen\ninside\n/);
    assert.match(stdout, /^nameserver 192\.0\.2\.53$/m);
    assert.match(stdout, /^search one\.test two\.test$/m);
    assert.match(stdout, /^shm \/dev\/shm .*\bsize=3072k\b/m);
    assert.equal(await printed(shell("pwd; [ -p /dev/stdin ] || echo shut")), "/\nshut\n");
  });

  test("has name spaces of its own, or of the host where job and operator wish so", async () => {
    const allowing = await benchWith({ "docker.privileged.enabled": "true" });
    const kinds = ["ipc", "net", "pid", "uts"] as const;
    const own = await Promise.all(kinds.map((kind) => runtime.disk.readLink(`/proc/self/ns/${kind}`)));
    const seen = async (more: object) => {
      const { stdout } = await allowing.outcome(shell("ls -l /proc/self/ns", more));
      return stdout;
    };
    try {
      const alone = await seen({});
      for (const nameSpace of own) assert.ok(!alone.includes(nameSpace), nameSpace);
      const host = { ipc_mode: "host", network_mode: "host", pid_mode: "host", uts_mode: "host" };
      const open = await seen(host);
      for (const nameSpace of own) assert.ok(open.includes(nameSpace), nameSpace);
      const unconnected = await allowing.outcome(shell("ls /sys/class/net", { network_mode: "none" }));
      assert.equal(unconnected.stdout, "lo\n");
    } finally {
      await allowing.close();
    }
  });

  test("T37: sees of the host what the operator allows, and its own allocation", async () => {
    await runtime.disk.writeAtomically(`${bench.home}/secret`, Buffer.from("secret"));
    const volumes = ["local/mine:/mine", "../alloc:/shared:ro"];
    const script = "echo x > /mine/y && ! echo x > /shared/y 2>/dev/null && ls /mine";
    assert.equal(await printed(shell(script, { volumes })), "y\n");
    for (const volume of ["/etc:/host", "../../:/host", "local:/host:shared", "local", ":/host", "local:x"]) {
      await assert.rejects(bench.start(shell("true", { volumes: [volume] })), /invalid docker volume/, volume);
    }
    const allowing = await benchWith({ "docker.volumes.enabled": "true" });
    try {
      const { stdout } = await allowing.outcome(shell("cat /host/secret", { volumes: [`${bench.home}:/host`] }));
      assert.equal(stdout, "secret");
    } finally {
      await allowing.close();
    }
  });
});
