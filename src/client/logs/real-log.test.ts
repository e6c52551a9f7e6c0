import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeDisk, NodeProcesses } from "../../runtime/node/index.ts";
import { RotatedLog } from "./rotated-log.ts";

const disk = new NodeDisk();
const processes = new NodeProcesses();

test("T35: whatever a task puts in the way of its log on a real disk is passed by, and not followed", async () => {
  const directory = await disk.makeTemporaryDirectory("real-log-test-");
  try {
    const log = await RotatedLog.open(
      disk,
      { directory, task: "web", type: "stdout" },
      { maxFiles: 9, maxFileBytes: 2 },
    );
    const obstacles = "mkfifo web.stdout.1; mkdir web.stdout.2; ln -s elsewhere web.stdout.3; ln -s / web.stdout.4";
    const env = { PATH: processes.environment.PATH ?? "/usr/bin:/bin" };
    const script = { command: "/bin/sh", args: ["-ec", obstacles], env, workingDirectory: directory };
    const { exitCode, stderr } = await processes.run(script, { signal: new AbortController().signal });
    assert.equal(exitCode, 0, stderr);
    await log.write(Buffer.from("aabb"));
    await log.close();
    assert.equal(Buffer.from(await disk.read(`${directory}/web.stdout.5`)).toString(), "bb");
    assert.ok((await disk.list(directory)).every(({ name }) => name !== "elsewhere"));
  } finally {
    await disk.removeTree(directory);
  }
});

test("T35: a link that a task puts in the place of its logs' directory is not followed: elsewhere nothing is made or removed", async () => {
  const home = await disk.makeTemporaryDirectory("real-log-test-");
  try {
    const directory = `${home}/logs`;
    const run = async (script: string) => {
      const env = { PATH: processes.environment.PATH ?? "/usr/bin:/bin" };
      const program = { command: "/bin/sh", args: ["-ec", script], env, workingDirectory: home };
      const { exitCode, stderr } = await processes.run(program, { signal: new AbortController().signal });
      assert.equal(exitCode, 0, stderr);
    };
    await run("mkdir logs others; touch others/web.stdout.0 others/web.stdout.1");
    const log = await RotatedLog.open(
      disk,
      { directory, task: "web", type: "stdout" },
      { maxFiles: 1, maxFileBytes: 2 },
    );
    await log.write(Buffer.from("aa"));
    await run("mv logs gone; ln -s others logs");
    await assert.rejects(log.write(Buffer.from("bb")), /Cannot use the logs .* leads to .*others/);
    const names = (await disk.list(`${home}/others`)).map(({ name }) => name);
    assert.deepEqual(names, ["web.stdout.0", "web.stdout.1"]);
    await run("rm logs; mv gone logs");
    await log.write(Buffer.from("cc"));
    await log.close();
    assert.equal(Buffer.from(await disk.read(`${directory}/web.stdout.1`)).toString(), "cc");
  } finally {
    await disk.removeTree(home);
  }
});
