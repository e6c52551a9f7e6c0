import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { FileChunk } from "../../src/api/index.ts";
import { followLog } from "../../src/client/endpoints/follow-log.ts";
import { RotatedLog } from "../../src/client/logs/rotated-log.ts";
import { nodeRuntime } from "../../src/runtime/node/index.ts";
import { eventually } from "./support/nomad.ts";
import { scaled } from "./support/scale.ts";

const MB = 2 ** 20;
const seconds = scaled({ merge: 2, release: 30 });
const [rate, writeBytes] = [100 * MB, 256 * 1024];
const limits = { maxFiles: 3, maxFileBytes: MB };

const request = { task: "web", type: "stdout", follow: true, offset: 0, origin: "start" } as const;

test(`R38: who follows a log over its rotation for ${seconds} s misses no line and sees none twice, as long as no file is removed`, {
  timeout: (seconds * 6 + 60) * 1000,
}, async () => {
  await withLog({ maxFiles: 10_000, maxFileBytes: 256 * 1024 }, async ({ log, directory, follow, leave }) => {
    const readers = [0, 0, 5].map((slowness) => reading(follow(), slowness));
    const { lastLine } = await writeLines(log, directory, 2 * MB);
    await reachedEnd(readers, lastLine);
    leave();
    for (const { ended, count } of readers) {
      assert.equal(await ended, undefined);
      assert.equal(count(), lastLine + 1);
    }
    const files = readdirSync(directory).length;
    assert.ok(files > 4 * seconds, `${files} files`);
    console.log(`${lastLine + 1} lines in ${files} files, each seen once by ${readers.length} followers`);
  });
});

/** Numbered lines of different lengths, each with its number at its beginning and at its end. */
function lineOf(number: number): string {
  return `${number} ${"x".repeat(number % 190)} ${number}\n`;
}

test(`R38: at 100 MB a second for ${seconds} s a log stays within its files, and its followers see whole lines in order`, {
  timeout: (seconds * 6 + 60) * 1000,
}, async () => {
  await withLog(limits, async ({ log, directory, follow, leave }) => {
    const fast = reading(follow());
    const slow = reading(follow(), 20);
    const { lastLine, most, lasted } = await writeLines(log, directory);
    assert.ok(most <= limits.maxFiles * limits.maxFileBytes + writeBytes, `${most} bytes at once`);
    await reachedEnd([fast, slow], lastLine);
    leave();
    for (const { ended } of [fast, slow]) assert.equal(await ended, undefined);
    console.log(
      `${lastLine} lines in ${lasted.toFixed(1)} s; followers saw ${fast.count()} and ${slow.count()} of them`,
    );
  });
});

interface OpenLog {
  readonly log: RotatedLog;
  readonly directory: string;
  /** Begins to follow it; `leave` ends that for all. */
  readonly follow: () => ReturnType<typeof followLog>;
  readonly leave: () => void;
}

/** A log on the real disk, with a first line in it, for as long as `use` takes. */
async function withLog(size: typeof limits, use: (open: OpenLog) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "nomad-rotation-"));
  const directory = join(root, "alloc/logs");
  const over = new AbortController();
  const leave = () => over.abort();
  try {
    await mkdir(directory, { recursive: true });
    const world = nodeRuntime({ logLevel: "ERR", writeLog: () => {} });
    const log = await RotatedLog.open(world.disk, { directory, task: "web", type: "stdout" }, size);
    await log.write(Buffer.from(lineOf(0)));
    await use({ log, directory, follow: () => followLog(world, root, request, over.signal), leave });
    await log.close();
  } finally {
    leave();
    rmSync(root, { recursive: true, force: true });
  }
}

async function writeLines(log: RotatedLog, directory: string, perSecond = rate) {
  const began = performance.now();
  let [number, written, most] = [0, 0, 0];
  while (written < perSecond * seconds) {
    const lines: string[] = [];
    for (let length = 0; length < writeBytes - 300; length += lines.at(-1)?.length ?? 0) lines.push(lineOf(++number));
    const bytes = Buffer.from(lines.join(""));
    await log.write(bytes);
    written += bytes.length;
    most = Math.max(most, bytesIn(directory));
    const ahead = (written / perSecond) * 1000 - (performance.now() - began);
    if (ahead > 5) await new Promise((resolve) => setTimeout(resolve, ahead));
  }
  return { lastLine: number, most, lasted: (performance.now() - began) / 1000 };
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

/** Reads lines in the background; with `slowness` it takes so many milliseconds for each chunk. */
function reading(chunks: AsyncIterable<FileChunk>, slowness = 0) {
  let [rest, last, count] = ["", -1, 0];
  const take = (line: string) => {
    const number = Number(line.split(" ", 1)[0]);
    assert.equal(`${line}\n`, lineOf(number), "a line is whole");
    assert.ok(number > last, `line ${number} comes after line ${last}`);
    last = number;
    count += 1;
  };
  const ended = (async () => {
    for await (const { data } of chunks) {
      const lines = (rest + Buffer.from(data).toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(take);
      if (slowness > 0) await new Promise((resolve) => setTimeout(resolve, slowness));
    }
  })().catch((error: unknown) => error);
  return { ended, last: () => last, count: () => count };
}

type Reader = ReturnType<typeof reading>;

/** A reader that has failed does not come there; its own reason says more. */
async function reachedEnd(readers: readonly Reader[], lastLine: number): Promise<void> {
  const failed = Promise.race(readers.map(({ ended }) => ended)).then((error) => Promise.reject(error));
  const arrived = eventually(
    `line ${lastLine} is seen`,
    () => readers.every(({ last }) => last() === lastLine) || undefined,
    seconds * 4 + 30,
  );
  await Promise.race([arrived, failed]);
}
