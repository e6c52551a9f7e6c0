import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileChunk, LogRequest } from "../../api/index.ts";
import { milliseconds, seconds } from "../../base/index.ts";
import { settled } from "../../runtime/index.ts";
import { type FakeRuntime, fakeRuntime } from "../testing/fake-runtime.ts";
import { followFile } from "./follow-file.ts";
import { followLog, startPosition } from "./follow-log.ts";

const root = "/a";

/** Reads in the background; `seen` grows as chunks come. */
function reader(chunks: AsyncIterable<FileChunk>) {
  const seen: string[] = [];
  let ended: string | undefined;
  const done = (async () => {
    for await (const { file, offset, data, event } of chunks) {
      const name = file.replace("alloc/logs/", "");
      seen.push([name, offset, Buffer.from(data).toString(), event].filter((part) => part !== undefined).join(" "));
    }
    ended = "ended";
  })().catch((error: Error) => {
    ended = error.message;
  });
  return { seen, done, state: () => ended };
}

async function append(runtime: FakeRuntime, path: string, text: string): Promise<void> {
  const file = await runtime.disk.open(path, "append");
  await file.append(Buffer.from(text));
  await file.close();
}

async function withLogs(files: Readonly<Record<string, string>>): Promise<FakeRuntime> {
  const runtime = fakeRuntime();
  await runtime.disk.makeDirectory("/a/alloc/logs");
  for (const [name, text] of Object.entries(files)) await runtime.disk.put(`/a/alloc/logs/${name}`, text);
  return runtime;
}

const request: LogRequest = { task: "web", type: "stdout", follow: true, offset: 0, origin: "start" };

test("a followed file is read from its start, then as it grows, until it is deleted", async () => {
  const runtime = await withLogs({ file: "one" });
  const { seen, state } = reader(
    followFile(runtime, root, "alloc/logs/file", { offset: 1, origin: "start" }, new AbortController().signal),
  );
  await settled();
  await append(runtime, "/a/alloc/logs/file", "two");
  await runtime.clock.advance(milliseconds(250));
  await runtime.disk.remove("/a/alloc/logs/file");
  await runtime.clock.advance(milliseconds(250));
  assert.deepEqual(seen, ["file 3 ne", "file 6 two", "file 6  file deleted"]);
  assert.equal(state(), "ended");
});

test("a file that is truncated is read from its start again, and the reader is told", async () => {
  const runtime = await withLogs({ file: "0123456789" });
  const { seen } = reader(
    followFile(runtime, root, "alloc/logs/file", { offset: 3, origin: "end" }, new AbortController().signal),
  );
  await settled();
  runtime.disk.truncate("/a/alloc/logs/file");
  await runtime.clock.advance(milliseconds(250));
  await append(runtime, "/a/alloc/logs/file", "new");
  await runtime.clock.advance(milliseconds(250));
  await append(runtime, "/a/alloc/logs/file", "er");
  await runtime.clock.advance(milliseconds(250));
  assert.deepEqual(seen, ["file 10 789", "file 3 new file truncated", "file 5 er"]);
});

test("T16: an offset before the start of a file is refused", async () => {
  const runtime = await withLogs({ file: "0123" });
  const from = { offset: 5, origin: "end" } as const;
  const { state } = reader(followFile(runtime, root, "alloc/logs/file", from, new AbortController().signal));
  await settled();
  assert.equal(state(), "can't seek to offset -1");
});

test("T18: whoever stops following frees the file and its timer at once", async () => {
  const runtime = await withLogs({ file: "x", "web.stdout.0": "x" });
  const leave = new AbortController();
  const from = { offset: 0, origin: "start" } as const;
  const file = reader(followFile(runtime, root, "alloc/logs/file", from, leave.signal));
  const log = reader(followLog(runtime, root, request, leave.signal));
  await settled();
  assert.deepEqual([runtime.clock.waiting, runtime.disk.openFiles], [2, 2]);
  leave.abort();
  await settled();
  assert.deepEqual([file.state(), log.state()], ["ended", "ended"]);
  assert.deepEqual([runtime.clock.waiting, runtime.disk.openFiles], [0, 0]);
});

test("without follow a log is read over its files to the newest one's end", async () => {
  const runtime = await withLogs({
    "web.stdout.9": "nine",
    "web.stdout.10": "ten",
    "web.stderr.0": "no",
    "web.stdout.x": "no",
  });
  const { seen, state } = reader(followLog(runtime, root, { ...request, follow: false }, new AbortController().signal));
  await settled();
  assert.deepEqual(seen, ["web.stdout.9 4 nine", "web.stdout.10 3 ten"]);
  assert.equal(state(), "ended");
});

test("R38: the directory of a log is listed once for its beginning, not for each of its files", async () => {
  const names = Array.from({ length: 50 }, (_, index) => `web.stdout.${index}`);
  const runtime = await withLogs(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
  const open = runtime.disk.open.bind(runtime.disk);
  let listings = 0;
  runtime.disk.open = (path, how, mode) => {
    if (path.endsWith("alloc/logs")) listings += 1;
    return open(path, how, mode);
  };
  const leave = new AbortController();
  const { seen } = reader(followLog(runtime, root, request, leave.signal));
  for (let turns = 0; turns < 100 && seen.length < names.length; turns++) await settled();
  await settled();
  assert.equal(seen.length, names.length);
  // Once more at the end, where a later file may follow one that was removed.
  assert.equal(listings, 2);
  leave.abort();
  await settled();
  assert.equal(runtime.disk.openFiles, 0);
});

test("R38: a file that is next is not lost to its reader when rotation removes it before its turn", async () => {
  const runtime = await withLogs({ "web.stdout.0": "a\n", "web.stdout.1": "b\n" });
  const open = runtime.disk.open.bind(runtime.disk);
  runtime.disk.open = async (path, how, mode) => {
    const file = await open(path, how, mode);
    if (path.endsWith("stdout.1") && how === "read") {
      await append(runtime, "/a/alloc/logs/web.stdout.0", "more\n");
      await runtime.disk.removeTree(path);
    }
    return file;
  };
  const leave = new AbortController();
  const { seen } = reader(followLog(runtime, root, request, leave.signal));
  await settled();
  assert.deepEqual(seen, ["web.stdout.0 2 a\n", "web.stdout.0 7 more\n", "web.stdout.1 2 b\n"]);
  leave.abort();
  await settled();
  assert.equal(runtime.disk.openFiles, 0);
});

test("R31: who turns away between two files of a log leaves neither open", async () => {
  const runtime = await withLogs({ "web.stdout.0": "a\n", "web.stdout.1": "b\n" });
  const open = runtime.disk.open.bind(runtime.disk);
  runtime.disk.open = async (path, how, mode) => {
    const file = await open(path, how, mode);
    if (path.endsWith("stdout.1")) await append(runtime, "/a/alloc/logs/web.stdout.0", "more\n");
    return file;
  };
  for await (const { data } of followLog(runtime, root, request, new AbortController().signal)) {
    if (Buffer.from(data).toString() !== "more\n") continue;
    assert.equal(runtime.disk.openFiles, 2);
    break;
  }
  assert.equal(runtime.disk.openFiles, 0);
});

test("a followed log goes on in the next file, having read the last bytes of the one before", async () => {
  const runtime = await withLogs({ "web.stdout.0": "a" });
  const { seen } = reader(followLog(runtime, root, request, new AbortController().signal));
  await settled();
  await append(runtime, "/a/alloc/logs/web.stdout.0", "b");
  await runtime.disk.put("/a/alloc/logs/web.stdout.1", "c");
  await runtime.clock.advance(seconds(1));
  assert.deepEqual(seen, ["web.stdout.0 2 ab", "web.stdout.1 1 c"]);
});

test("the beginning of a line is not kept back for long", async () => {
  const runtime = await withLogs({ "web.stdout.0": "one\nPassword: " });
  const { seen } = reader(followLog(runtime, root, request, new AbortController().signal));
  await settled();
  assert.deepEqual(seen, ["web.stdout.0 4 one\n"]);
  await runtime.clock.advance(milliseconds(250));
  assert.deepEqual(seen, ["web.stdout.0 4 one\n", "web.stdout.0 14 Password: "]);
});

test("R38: where rotation removed a log file meanwhile, the lines that are cut by that are left out", async () => {
  const runtime = await withLogs({ "web.stdout.0": "a\nhal", "web.stdout.1": "f\nb\nha", "web.stdout.2": "lf\nc\n" });
  const open = runtime.disk.open.bind(runtime.disk);
  runtime.disk.open = async (path, how, mode) => {
    if (path.endsWith("stdout.1")) await runtime.disk.removeTree(path);
    return open(path, how, mode);
  };
  const { seen } = reader(followLog(runtime, root, { ...request, follow: false }, new AbortController().signal));
  await settled();
  assert.deepEqual(seen, ["web.stdout.0 2 a\n", "web.stdout.2 5 c\n"]);
});

test("a log that is not there is refused", async () => {
  const runtime = await withLogs({ "web.stdout.0": "a" });
  for (const task of ["nope", "../web", "we"]) {
    const { state } = reader(followLog(runtime, root, { ...request, task }, new AbortController().signal));
    await settled();
    assert.equal(state(), `log entry for task "${task}" and log type "stdout" not found`);
  }
});

test("offsets count over all files, from the start and back from the end, and are clamped", () => {
  const files = [
    { index: 3, bytes: 10 },
    { index: 4, bytes: 10 },
    { index: 7, bytes: 5 },
  ];
  const at = (origin: "start" | "end", offset: number) => startPosition(files, { ...request, origin, offset });
  assert.deepEqual(at("start", 0), { index: 3, offset: 0 });
  assert.deepEqual(at("start", 10), { index: 4, offset: 0 });
  assert.deepEqual(at("start", 22), { index: 7, offset: 2 });
  assert.deepEqual(at("start", 900), { index: 7, offset: 5 });
  assert.deepEqual(at("end", 0), { index: 7, offset: 5 });
  assert.deepEqual(at("end", 6), { index: 4, offset: 9 });
  assert.deepEqual(at("end", 900), { index: 3, offset: 0 });
});
