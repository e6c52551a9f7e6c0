import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fakeRuntime } from "../testing/fake-runtime.ts";
import { logFileIndexes } from "./log-file-names.ts";
import { logLimitsOf, RotatedLog } from "./rotated-log.ts";

const place = { directory: "/logs", task: "web", type: "stdout" } as const;

async function emptyDisk() {
  const { disk } = fakeRuntime();
  await disk.makeDirectory("/logs");
  return disk;
}

test("output is in one file until the limit, and split exactly there", async () => {
  const disk = await emptyDisk();
  const log = await RotatedLog.open(disk, place, { maxFiles: 5, maxFileBytes: 4 });
  await log.write(Buffer.from("abcd"));
  assert.deepEqual(disk.paths(), ["/", "/logs", "/logs/web.stdout.0"]);
  await log.write(Buffer.from("efghij"));
  assert.equal(await disk.text("/logs/web.stdout.0"), "abcd");
  assert.equal(await disk.text("/logs/web.stdout.1"), "efgh");
  assert.equal(await disk.text("/logs/web.stdout.2"), "ij");
});

test("only the newest files are kept", async () => {
  const disk = await emptyDisk();
  const log = await RotatedLog.open(disk, place, { maxFiles: 2, maxFileBytes: 2 });
  await log.write(Buffer.from("aabbccdde"));
  assert.deepEqual(
    disk.paths().filter((path) => path.startsWith("/logs/")),
    ["/logs/web.stdout.3", "/logs/web.stdout.4"],
  );
});

test("a new life goes on in the newest file, and passes by those that are full", async () => {
  const disk = await emptyDisk();
  await disk.put("/logs/web.stdout.9", "1234");
  await disk.put("/logs/web.stdout.10", "12");
  await disk.put("/logs/web.stdout.11x", "no log of ours");
  const log = await RotatedLog.open(disk, place, { maxFiles: 9, maxFileBytes: 4 });
  await disk.put("/logs/web.stdout.11", "full");
  await log.write(Buffer.from("34567"));
  assert.equal(await disk.text("/logs/web.stdout.10"), "1234");
  assert.equal(await disk.text("/logs/web.stdout.12"), "567");
});

test("T35: what a task puts in the way of its log is passed by", async () => {
  const disk = await emptyDisk();
  const log = await RotatedLog.open(disk, place, { maxFiles: 9, maxFileBytes: 2 });
  await disk.makeDirectory("/logs/web.stdout.1");
  await log.write(Buffer.from("aabb"));
  assert.equal(await disk.text("/logs/web.stdout.2"), "bb");
});

test("changed limits hold from the next write on", async () => {
  const disk = await emptyDisk();
  const log = await RotatedLog.open(disk, place, { maxFiles: 9, maxFileBytes: 2 });
  await log.write(Buffer.from("aa"));
  log.setLimits({ maxFiles: 9, maxFileBytes: 6 });
  await log.write(Buffer.from("bbbb"));
  assert.equal(await disk.text("/logs/web.stdout.0"), "aabbbb");
});

test("nothing is lost or doubled, whatever the sizes of writes and files", async () => {
  const writes = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(writes, fc.integer({ min: 1, max: 17 }), async (chunks, maxFileBytes) => {
      const disk = await emptyDisk();
      const log = await RotatedLog.open(disk, place, { maxFiles: 1000, maxFileBytes });
      for (const chunk of chunks) await log.write(chunk);
      const names = (await disk.list("/logs")).map(({ name }) => name);
      const files = await Promise.all(
        logFileIndexes(names, "web", "stdout").map((index) => disk.read(`/logs/web.stdout.${index}`)),
      );
      assert.deepEqual(Buffer.concat(files), Buffer.concat(chunks));
      for (const file of files.slice(0, -1)) assert.equal(file.length, maxFileBytes);
    }),
    { numRuns: 60 },
  );
});

test("limits that make no sense become the smallest that do", () => {
  assert.deepEqual(logLimitsOf({ MaxFiles: 0, MaxFileSizeMB: -1 }), { maxFiles: 1, maxFileBytes: 2 ** 20 });
  assert.deepEqual(logLimitsOf(null), { maxFiles: 10, maxFileBytes: 10 * 2 ** 20 });
});

test("how much was written after a mark is known across files, also in a new life, until the marked file is gone", async () => {
  const disk = await emptyDisk();
  const limits = { maxFiles: 3, maxFileBytes: 4 };
  const log = await RotatedLog.open(disk, place, limits);
  await log.write(Buffer.from("ab"));
  const mark = log.mark();
  assert.equal(await log.bytesSince(mark), 0);
  await log.write(Buffer.from("cdefg"));
  assert.equal(await log.bytesSince(mark), 5);
  await log.close();
  const next = await RotatedLog.open(disk, place, limits);
  assert.equal(await next.bytesSince(mark), 5);
  await next.write(Buffer.from("hijklm"));
  assert.equal(await next.bytesSince(mark), undefined);
  for (const odd of ["", "x", "9:0", "3:9"]) assert.equal(await next.bytesSince(odd), undefined, odd);
});
