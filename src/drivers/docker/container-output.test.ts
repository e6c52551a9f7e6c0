import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, seconds } from "../../base/index.ts";
import { logInto, ManualClock, MemoryDisk, settled } from "../../runtime/index.ts";
import { containerOutput } from "./container-output.ts";
import { type Engine, EngineRefusal, EngineUnreachable, type LogRequest } from "./engine.ts";

/** One answer of the engine to the question for output: lines with their seconds, then perhaps a break. */
interface Answer {
  readonly lines: readonly (readonly [second: number, line: string])[];
  readonly end?: Error;
  /** Whether the container runs when it is looked at afterwards. */
  readonly runs?: boolean;
}

function frame(second: number, line: string): Buffer {
  const content = Buffer.from(`2026-11-23T07:00:${String(second).padStart(2, "0")}.000000000Z ${line}\n`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** An output read to its end from an engine that answers so, and what the engine was asked. */
async function read(answers: readonly Answer[], disk?: MemoryDisk, written?: { bytes: number; isLost?: boolean }) {
  const clock = new ManualClock(instantOf(0));
  const asked: LogRequest[] = [];
  let runs = true;
  const engine = {
    async *logs(_: string, request: LogRequest) {
      const answer = answers[asked.length];
      asked.push(request);
      if (answer === undefined) throw new EngineRefusal("no such container", 404);
      runs = answer.runs ?? false;
      for (const [second, line] of answer.lines) yield frame(second, line);
      if (answer.end !== undefined) throw answer.end;
    },
    container: async () => ({ State: { Running: runs } }),
  } as unknown as Engine;
  const source = {
    clock,
    disk: disk ?? new MemoryDisk(clock),
    log: logInto(() => {}),
    engine,
    containerID: "c",
    stream: "stdout" as const,
    tty: false,
    directory: "/run",
    logEnd: written && {
      mark: () => String(written.bytes),
      bytesSince: async (mark: string) => {
        if (written.isLost) throw new Error("no space left on device");
        return written.bytes - Number(mark);
      },
    },
  };
  await source.disk.makeDirectory("/run");
  let text = "";
  const reading = (async () => {
    for await (const chunk of containerOutput(source, new AbortController().signal))
      text += Buffer.from(chunk).toString();
  })();
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  reading.then(over, over);
  for (await settled(); !isOver; await settled()) await clock.advance(seconds(1));
  await reading;
  return { text, asked };
}

test("output is followed, and looked through once more when the container has ended", async () => {
  const { text, asked } = await read([
    { lines: [[1, "a"]] },
    {
      lines: [
        [1, "a"],
        [2, "b"],
      ],
    },
  ]);
  assert.equal(text, "a\nb\n");
  assert.deepEqual(
    asked.map(({ follow, since }) => [follow, since]),
    [
      [true, "0.000000000"],
      [false, "1795417201.000000000"],
    ],
  );
});

test("an engine that breaks off, or ends its answer while the container runs, is asked again from there", async () => {
  const { text, asked } = await read([
    {
      lines: [
        [1, "a"],
        [1, "b"],
      ],
      end: new EngineUnreachable("gone"),
    },
    { lines: [], end: new EngineUnreachable("still gone") },
    {
      lines: [
        [1, "a"],
        [1, "b"],
        [1, "c"],
        [2, "d"],
      ],
      runs: true,
    },
    {
      lines: [
        [2, "d"],
        [3, "e"],
      ],
    },
    { lines: [[3, "e"]] },
  ]);
  assert.equal(text, "a\nb\nc\nd\ne\n");
  assert.deepEqual(
    asked.map(({ follow }) => follow),
    [true, true, true, true, false],
  );
});

test("a container that is gone has no more output", async () => {
  const { text } = await read([{ lines: [[1, "a"]], end: new EngineRefusal("no such container", 404) }]);
  assert.equal(text, "a\n");
});

test("what an agent wrote after it last kept how far it was is not written again", async () => {
  const disk = new MemoryDisk(new ManualClock(instantOf(0)));
  await disk.makeDirectory("/run");
  const cursor = { time: "1795417202000000000", pieces: 1, mark: "100" };
  await disk.put("/run/stdout.cursor", JSON.stringify(cursor));
  const lines = [
    [2, "two"],
    [3, "three"],
    [4, "four"],
    [5, "five"],
  ] as const;
  // "three" and half of "four" came after the mark.
  const { text, asked } = await read([{ lines }, { lines: [[5, "five"]] }], disk, { bytes: 100 + "three\nfo".length });
  assert.equal(text, "ur\nfive\n");
  assert.equal(asked[0]?.since, "1795417202.000000000");
});

test("a disk that is full, or does not tell what was written, costs no output", async () => {
  const answers = [{ lines: [[1, "a"]] }, { lines: [[1, "a"]] }] as const;
  const disk = new MemoryDisk(new ManualClock(instantOf(0)));
  await disk.makeDirectory("/run");
  disk.isFull = true;
  assert.equal((await read(answers, disk)).text, "a\n");
  disk.isFull = false;
  await disk.put("/run/stdout.cursor", JSON.stringify({ time: "0", pieces: 0, mark: "0" }));
  assert.equal((await read(answers, disk, { bytes: 2, isLost: true })).text, "a\n");
});
