import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { networkResource } from "../model/index.ts";
import { nodeRuntime } from "../runtime/node/index.ts";
import { QemuDriver, qemuVersion } from "./qemu.ts";
import { argumentProblem, qemuArguments, type VirtualMachine } from "./qemu-arguments.ts";
import { bootSector } from "./testing/boot-sector.ts";
import { TaskBench } from "./testing/task-bench.ts";

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
  const minimal = { image_path: "a", accelerator: "tcg", port_map: {}, args: [] };
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
