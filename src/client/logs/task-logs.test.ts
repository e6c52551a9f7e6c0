import assert from "node:assert/strict";
import { test } from "node:test";
import type { Disk } from "../../runtime/index.ts";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { openTaskLogs } from "./task-logs.ts";

const place = { directory: "/logs", task: "web" };
const limits = { maxFiles: 1, maxFileBytes: 100 };

test("both logs of a task are opened, each under its own name", async () => {
  const { disk } = fakeRuntime();
  await disk.makeDirectory("/logs");
  const [stdout, stderr] = await openTaskLogs(disk, place, limits);
  await stdout.write(Buffer.from("out"));
  await stderr.write(Buffer.from("err"));
  assert.equal(await disk.text("/logs/web.stdout.0"), "out");
  assert.equal(await disk.text("/logs/web.stderr.0"), "err");
});

test("when the second log cannot be opened, the first does not stay open", async () => {
  const { disk } = fakeRuntime();
  await disk.makeDirectory("/logs");
  const open: Disk["open"] = disk.open.bind(disk);
  let leftOpen = 0;
  disk.open = async (path, how, mode) => {
    if (path.includes("stderr")) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    const file = await open(path, how, mode);
    leftOpen += 1;
    const close = file.close.bind(file);
    file.close = async () => {
      leftOpen -= 1;
      await close();
    };
    return file;
  };
  await assert.rejects(openTaskLogs(disk, place, limits), /too many open files/);
  assert.equal(leftOpen, 0);
});
