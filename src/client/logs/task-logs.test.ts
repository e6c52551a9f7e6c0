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

test("their directory is opened and read once, and closed", async () => {
  const { disk } = fakeRuntime();
  await disk.makeDirectory("/logs");
  const happened: string[] = [];
  const [open, list]: [Disk["open"], Disk["list"]] = [disk.open.bind(disk), disk.list.bind(disk)];
  disk.open = async (path, how, mode) => {
    const file = await open(path, how, mode);
    if (how !== "read") return file;
    happened.push(`open ${path}`);
    const close = file.close.bind(file);
    file.close = async () => {
      happened.push("close");
      await close();
    };
    return file;
  };
  disk.list = (path) => {
    happened.push("list");
    return list(path);
  };
  await openTaskLogs(disk, place, limits);
  assert.deepEqual(happened, ["open /logs", "list", "close"]);
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
