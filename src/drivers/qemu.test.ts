import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { milliseconds, minutes } from "../base/index.ts";
import { networkResource } from "../model/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import type { RunningTask, TaskHandle } from "./driver.ts";
import { QemuDriver, qemuVersion } from "./qemu.ts";
import { argumentProblem, qemuArguments, type VirtualMachine } from "./qemu-arguments.ts";
import { askQemu, monitorName } from "./qemu-monitor.ts";
import { type BootProgram, bootSector } from "./testing/boot-sector.ts";
import { TaskBench, untilPrinted } from "./testing/task-bench.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });

const plain: VirtualMachine = {
  image: "/tasks/web/local/linux.img",
  format: "raw",
  name: "linux.img",
  memoryMB: 128,
  accelerator: "tcg",
  args: ["-smp", "2"],
  ports: {},
  network: undefined,
};

const network = networkResource.parse({
  IP: "10.0.0.7",
  ReservedPorts: [{ Label: "ssh", Value: 22_000 }],
  DynamicPorts: [{ Label: "http", Value: 23_578 }],
});

test("a machine gets its disk, memory and the job's arguments, and no network without ports", () => {
  const expected =
    "-machine type=pc,accel=tcg -name linux.img -m 128M -drive file=/tasks/web/local/linux.img,format=raw -nographic";
  assert.deepEqual(qemuArguments({ ...plain, network }), [...expected.split(" "), "-smp", "2"]);
  assert.deepEqual(qemuArguments({ ...plain, accelerator: "kvm" }).slice(-3), ["-enable-kvm", "-cpu", "host"]);
});

test("ports of the guest are reached by those that the task was given, over both protocols", () => {
  assert.deepEqual(qemuArguments({ ...plain, ports: { http: 8080, ssh: 22 }, network }).slice(-4), [
    "-netdev",
    "user,id=user.0,hostfwd=udp::23578-:8080,hostfwd=tcp::23578-:8080,hostfwd=udp::22000-:22,hostfwd=tcp::22000-:22",
    "-device",
    "virtio-net,netdev=user.0",
  ]);
  assert.throws(() => qemuArguments({ ...plain, ports: { https: 443 }, network }), {
    message: 'Unknown port label "https"',
  });
});

test("no value of a job becomes a second option of QEMU (CVE-2021-43415)", () => {
  const image = "/tasks/web/local/a,snapshot=on,file=/etc/shadow";
  const args = qemuArguments({ ...plain, image, name: "a,debug-threads=on" });
  assert.ok(args.includes("file=/tasks/web/local/a,,snapshot=on,,file=/etc/shadow,format=raw"));
  assert.ok(args.includes("a,,debug-threads=on"));
  assert.throws(() => qemuArguments({ ...plain, accelerator: "tcg,kernel=/etc/shadow" }), /unknown accelerator/);
});

test("a job's arguments are those that the operator allows, or reach nothing of the host (T37, CVE-2021-43415)", () => {
  assert.equal(argumentProblem(["-smp", "2", "-snapshot", "-cpu", "max"], []), undefined);
  for (const args of [
    ["-drive", "file=/etc/shadow"],
    ["--drive", "file=/etc/shadow"],
    ["-incoming", "exec:id"],
    ["-smp", "2", "-netdev", "tap,script=/tmp/x"],
  ]) {
    assert.match(argumentProblem(args, []) as string, /^argument ".*" is not allowed on this node$/);
  }
  // A lone word is the path of another disk.
  for (const args of [["/etc/shadow"], ["-smp", "2", "/etc/shadow"], ["-snapshot", "/etc/shadow"]]) {
    assert.match(argumentProblem(args, []) as string, /^argument "\/etc\/shadow" is no value/);
  }
  assert.equal(argumentProblem(["-drive", "file=x"], ["-drive"]), undefined);
  assert.notEqual(argumentProblem(["-smp", "2"], ["-drive"]), undefined);
  assert.equal(argumentProblem(["-anything", "a", "b"], ["*"]), undefined);
});

test("QEMU's version is read from what it says, Debian's too", () => {
  assert.equal(qemuVersion("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright"), "7.2.22");
  assert.equal(qemuVersion("QEMU emulator version 2.0.0 (Debian), Copyright"), "2.0.0");
  assert.equal(qemuVersion("something else"), undefined);
});

test("a job's config for qemu is read in Nomad's way, with one block of ports", () => {
  const { config } = new QemuDriver(runtime);
  const minimal = { image_path: "a", accelerator: "tcg", port_map: {}, args: [], graceful_shutdown: false };
  assert.deepEqual(config.parse({ image_path: "a" }), minimal);
  assert.deepEqual(config.parse({ image_path: "a", port_map: [{ ssh: "22" }] }), { ...minimal, port_map: { ssh: 22 } });
  const problem = (value: unknown) => config.safeParse(value).error?.issues[0]?.message;
  const twice = { image_path: "a", port_map: [{ a: 1 }, { b: 2 }] };
  assert.equal(problem(twice), "Only one port_map block is allowed in the qemu driver config");
  assert.equal(problem({ image_path: "a", port_map: [{ a: "many" }] }), 'field "port_map" holds what is no port');
  assert.equal(problem({}), 'field "image_path" is required');
});

const found = (await new QemuDriver(runtime).fingerprint({}, new AbortController().signal).next()).value;
const skip = found.detected ? false : `driver qemu does not work here: ${found.description}`;

describe("a machine's image (T37)", { skip }, () => {
  let bench: TaskBench<unknown>;
  before(async () => {
    bench = await TaskBench.open(runtime, new QemuDriver(runtime));
  });
  after(() => bench.close());

  const image = () => bootSector({ prints: "", end: "power off" });
  const settings = (images: string) => ({ options: { "driver.qemu.image_paths": images }, chrootEnv: {} });

  test("is the allocation's own, also when a link leads elsewhere, unless the operator allows the place", async () => {
    const outside = `${bench.home}/images`;
    await runtime.disk.makeDirectory(outside);
    await runtime.disk.writeAtomically(`${outside}/disk.img`, image(), 0o644);
    const link = { command: "/bin/ln", args: ["-s", `${outside}/disk.img`, `${bench.directories.local}/link.img`] };
    await runtime.processes.run({ ...link, env: {}, workingDirectory: "/" }, { signal: new AbortController().signal });
    const refusal = /^DriverStartError: image ".*" is outside the allocation/;
    await assert.rejects(bench.start({ image_path: "local/link.img" }), refusal);
    await assert.rejects(bench.start({ image_path: `${outside}/disk.img` }), refusal);
    await assert.rejects(bench.start({ image_path: "../images/disk.img" }), refusal);
    const allowed = new QemuDriver(runtime, settings(`/elsewhere, ${outside}`));
    const task = await allowed.start(bench.taskConfig({ image_path: `${outside}/disk.img` }) as never);
    assert.equal((await task.exited).exitCode, 0);
    await task.discard();
  });

  test("is started with no argument that the node does not allow, whatever the servers sent", async () => {
    await runtime.disk.writeAtomically(`${bench.directories.local}/disk.img`, image(), 0o644);
    const before = await bench.leavings();
    await assert.rejects(
      bench.start({ image_path: "local/disk.img", args: ["-monitor", "tcp:0.0.0.0:4444,server"] }),
      /^DriverStartError: argument "-monitor" is not allowed on this node$/,
    );
    assert.deepEqual(await bench.leavings(), before);
  });
});

describe("a machine of the real QEMU", { skip }, () => {
  let bench: TaskBench<unknown>;
  let secrets: string;
  const driver = new QemuDriver(runtime, { options: { "driver.qemu.args_allowlist": "-device,-smp" }, chrootEnv: {} });

  before(async () => {
    bench = await TaskBench.open(runtime, driver);
    secrets = `${bench.directories.task}/secrets`;
    await runtime.disk.makeDirectory(secrets, 0o700);
  });
  after(() => bench.close());

  /** Exits with 7 when its power button is pressed, if it listens to that. */
  const exitDevice = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x01"];
  const heeding: BootProgram = { prints: "up\n", awaitsPowerButton: true, end: { exitCode: 7 } };
  const deaf: BootProgram = { prints: "up\n", end: "go on" };

  async function booted(program: BootProgram, config: object = {}, options: object = {}): Promise<RunningTask> {
    await runtime.disk.writeAtomically(`${bench.directories.local}/disk.img`, bootSector(program), 0o666);
    const asked = { image_path: "local/disk.img", args: exitDevice, graceful_shutdown: true, ...config };
    const task = await bench.start(asked, { secrets, ...options });
    await untilPrinted(task, "up\n");
    return task;
  }

  test("is asked to shut down by its power button, and has its time for that", async () => {
    const task = await booted(heeding);
    await task.stop("SIGINT", minutes(1));
    assert.deepEqual(await task.exited, { exitCode: 7, signal: 0, oomKilled: false, message: "" });
    await task.discard();
  });

  test("is asked so too when it was found again", async () => {
    const first = await booted(heeding);
    const handle = JSON.parse(JSON.stringify(first.handle)) as TaskHandle;
    first.detach();
    const task = await driver.recover(handle);
    await task?.stop("SIGINT", minutes(1));
    assert.equal((await task?.exited)?.exitCode, 7);
    await task?.discard();
  });

  test("that does not heed its button is killed when its time is over, and nothing is left", async () => {
    const before = await bench.leavings();
    const task = await booted(deaf);
    const start = runtime.clock.now();
    await task.stop("SIGINT", milliseconds(300));
    assert.ok(runtime.clock.now() - start >= milliseconds(300));
    assert.equal((await task.exited).signal, 9);
    await task.discard();
    assert.deepEqual(await bench.leavings(), before);
  });

  test("is switched off where the job does not ask for that, or its monitor is gone", async () => {
    const plain = await booted(heeding, { graceful_shutdown: false });
    await plain.stop("SIGINT", minutes(1));
    assert.equal((await plain.exited).exitCode, 0);
    await plain.discard();
    const mute = await booted(heeding);
    await runtime.disk.remove(`${secrets}/${monitorName}`);
    await mute.stop("SIGINT", minutes(1));
    assert.equal((await mute.exited).exitCode, 0);
    await mute.discard();
  });

  test("is made as its job says: memory, processors, disk, accelerator and ports", async () => {
    const listener = await runtime.network.listen("127.0.0.1:0", () => {});
    const port = Number(listener.address.split(":")[1]);
    await listener.close();
    const given = networkResource.parse({ IP: "127.0.0.1", DynamicPorts: [{ Label: "ssh", Value: port }] });
    await runtime.disk.writeAtomically(`${bench.directories.local}/disk.img`, bootSector(deaf), 0o644);
    const args = ["-smp", "2"];
    const config = {
      image_path: "local/disk.img",
      accelerator: "tcg",
      args,
      port_map: [{ ssh: 22 }],
      graceful_shutdown: true,
    };
    const asked = bench.taskConfig(config, { secrets, memoryMB: 48 });
    const task = await driver.start({ ...asked, resources: { ...asked.resources, Networks: [given] } } as never);
    try {
      await untilPrinted(task, "up\n");
      const told = async (command: string, args?: Record<string, unknown>) =>
        JSON.stringify(await askQemu(runtime, secrets, command, args));
      assert.match(await told("query-memory-size-summary"), new RegExp(`"base-memory":${48 * 2 ** 20}\\b`));
      assert.match(await told("query-kvm"), /"enabled":false/);
      assert.equal(JSON.parse(await told("query-cpus-fast")).length, 2);
      const disk = `"filename":"${bench.directories.local}/disk.img","format":"raw"`;
      assert.ok((await told("query-block")).includes(disk));
      const network = await told("human-monitor-command", { "command-line": "info usernet" });
      assert.match(network, new RegExp(`TCP\\[HOST_FORWARD\\].* ${port} .* 22 `));
      assert.match(network, new RegExp(`UDP\\[HOST_FORWARD\\].* ${port} .* 22 `));
    } finally {
      await task.stop("SIGINT", milliseconds(10));
      await task.discard();
    }
  });

  test("cannot be spoken to by others than its user", async () => {
    const { uid, gid } = (await runtime.processes.user("nobody")) as { uid: number; gid: number };
    await runtime.disk.changeOwner(secrets, uid, gid);
    const task = await booted(heeding, {}, { user: "nobody" });
    assert.equal((await runtime.disk.status(secrets)).mode & 0o777, 0o700);
    await task.stop("SIGINT", minutes(1));
    assert.equal((await task.exited).exitCode, 7);
    await task.discard();
  });
});
