import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { nodeRuntime } from "../../runtime/node/index.ts";
import { type AllocationPaths, allocationPaths, buildAllocationDirectory } from "./allocation-directory.ts";
import { removeDirectory } from "./remove-directory.ts";

const runtime = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });

/** Whether this user may mount anything at all, which also takes a capability that containers seldom have. */
async function mayMount(): Promise<boolean> {
  if (runtime.processes.effectiveUserID !== 0) return false;
  const args = ["--mount", "--propagation", "private", "/usr/bin/mount", "-t", "tmpfs", "tmpfs", "/mnt"];
  const program = { command: "/usr/bin/unshare", args, env: {}, workingDirectory: "/" };
  return (await runtime.processes.run(program, { signal: new AbortController().signal })).exitCode === 0;
}

describe("secrets of isolated tasks", { skip: (await mayMount()) ? false : "this user may not mount" }, () => {
  let base: string;
  let paths: AllocationPaths;
  before(async () => {
    base = await runtime.disk.makeTemporaryDirectory("secrets test ");
    paths = allocationPaths(base, "3f0b8e9a-0000-4000-8000-000000000001" as never);
  });
  after(() => runtime.disk.removeTree(base));

  const tasks = [
    { Name: "web", User: "", isIsolated: true },
    { Name: "raw", User: "", isIsolated: false },
  ];
  const mounts = async () => {
    const lines = Buffer.from(await runtime.disk.read("/proc/self/mounts"))
      .toString()
      .split("\n");
    return lines.filter((line) => line.includes(base.replaceAll(" ", "\\040")));
  };

  test("are in memory, for their user alone, and can hold no program to run", async () => {
    await buildAllocationDirectory(runtime, paths, tasks);
    const [mount, ...others] = await mounts();
    assert.deepEqual(others, []);
    assert.match(mount as string, /^tmpfs \S+\/web\/secrets tmpfs \S*nosuid,nodev,noexec,\S*size=1024k/);
    assert.equal((await runtime.disk.status(`${paths.root}/web/secrets`)).mode & 0o7777, 0o700);
  });

  test("are there once, with what is in them, also when an agent after this one looks at them", async () => {
    await runtime.disk.writeAtomically(`${paths.root}/web/secrets/token`, Buffer.from("4711"));
    await buildAllocationDirectory(runtime, paths, tasks);
    assert.equal((await mounts()).length, 1);
    assert.equal(Buffer.from(await runtime.disk.read(`${paths.root}/web/secrets/token`)).toString(), "4711");
  });

  test("go with the allocation, whoever has mounted them and however often", async () => {
    const again = { command: "/usr/bin/mount", args: ["-t", "tmpfs", "tmpfs", `${paths.root}/web/secrets`] };
    const signal = new AbortController().signal;
    await runtime.processes.run({ ...again, env: {}, workingDirectory: "/" }, { signal });
    await removeDirectory(runtime, paths.root);
    assert.deepEqual([await mounts(), await runtime.disk.list(base)], [[], []]);
  });

  test("are not mounted where a link leads", async () => {
    await runtime.disk.makeDirectory(`${base}/elsewhere`);
    await runtime.disk.makeDirectory(`${paths.root}/web`);
    const link = { command: "/bin/ln", args: ["-s", `${base}/elsewhere`, `${paths.root}/web/secrets`] };
    await runtime.processes.run({ ...link, env: {}, workingDirectory: "/" }, { signal: new AbortController().signal });
    await assert.rejects(buildAllocationDirectory(runtime, paths, tasks), /secrets" is not a directory/);
    assert.deepEqual(await mounts(), []);
    await removeDirectory(runtime, paths.root);
  });
});
