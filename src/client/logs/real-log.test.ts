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
