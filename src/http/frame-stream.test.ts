import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileChunk } from "../api/index.ts";
import { milliseconds, seconds } from "../base/index.ts";
import { ManualClock, settled } from "../runtime/index.ts";
import { framesOf } from "./frame-stream.ts";

/** Chunks that a test sends, and the frames that came out so far. */
function stream() {
  const clock = new ManualClock();
  const leaving = new AbortController();
  const waiting: FileChunk[] = [];
  let wake = Promise.withResolvers<void>();
  let over: { readonly error?: Error } | undefined;
  async function* chunks(): AsyncGenerator<FileChunk, void> {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (over?.error !== undefined) throw over.error;
      else if (over !== undefined) return;
      else {
        await wake.promise;
        wake = Promise.withResolvers();
      }
    }
  }
  const frames: string[] = [];
  const read = (async () => {
    for await (const frame of framesOf(chunks(), clock, leaving.signal)) frames.push(frame);
  })();
  return {
    clock,
    leaving,
    read,
    frames,
    async send(...sent: readonly FileChunk[]) {
      waiting.push(...sent);
      wake.resolve();
      await settled();
    },
    end(error?: Error) {
      over = { error };
      wake.resolve();
    },
  };
}

function chunk(text: string, offset: number, more: Partial<FileChunk> = {}): FileChunk {
  return { file: "f", data: Buffer.from(text), offset, ...more };
}

test("bytes wait 200 ms for more of their file, and their frame tells where the first of them end", async () => {
  const { clock, frames, send } = stream();
  await send(chunk("4\nline 25\n", 191));
  await clock.advance(milliseconds(199));
  assert.deepEqual(frames, []);
  await send(chunk("line 26\n", 199));
  await clock.advance(milliseconds(1));
  assert.deepEqual(frames, ['{"Data":"NApsaW5lIDI1CmxpbmUgMjYK","File":"f","Offset":191}']);
});

test("every second without a frame an empty one shows that the stream lives", async () => {
  const { clock, frames, send } = stream();
  await clock.advance(seconds(2.5));
  assert.deepEqual(frames, ["{}", "{}"]);
  await send(chunk("a", 1));
  await clock.advance(milliseconds(200));
  await clock.advance(milliseconds(999));
  assert.equal(frames.length, 3);
  await clock.advance(milliseconds(1));
  assert.deepEqual(frames.slice(2), ['{"Data":"YQ==","File":"f","Offset":1}', "{}"]);
});

test("a frame never mixes files or events", async () => {
  const { frames, send, end, read } = stream();
  await send(
    chunk("a", 1),
    chunk("b", 1, { file: "g" }),
    chunk("c", 1, { file: "g", event: "file truncated" }),
    chunk("d", 2, { file: "g" }),
    chunk("", 2, { file: "g", event: "file deleted" }),
  );
  end();
  await read;
  assert.deepEqual(frames, [
    '{"Data":"YQ==","File":"f","Offset":1}',
    '{"Data":"Yg==","File":"g","Offset":1}',
    '{"Data":"Y2Q=","File":"g","FileEvent":"file truncated","Offset":1}',
    '{"File":"g","FileEvent":"file deleted","Offset":2}',
  ]);
});

test("a frame holds 64 KiB at most", async () => {
  const { frames, send, end, read } = stream();
  await send(chunk("x".repeat(150_000), 150_010));
  end();
  await read;
  const sizes = frames
    .map((frame) => JSON.parse(frame))
    .map(({ Data, Offset }) => [Buffer.from(Data, "base64").length, Offset]);
  assert.deepEqual(sizes, [
    [65_536, 65_546],
    [65_536, 131_082],
    [18_928, 150_010],
  ]);
});

test("what goes wrong reaches the reader, after what came before", async () => {
  const { frames, send, end, read } = stream();
  await send(chunk("a", 1));
  end(new Error("gone"));
  await assert.rejects(read, { message: "gone" });
  assert.deepEqual(frames, ['{"Data":"YQ==","File":"f","Offset":1}']);
});

test("T18: it ends when nobody listens any more", async () => {
  const { leaving, read, frames, clock } = stream();
  await clock.advance(seconds(1));
  leaving.abort(new Error("gone"));
  await read;
  assert.deepEqual(frames, ["{}"]);
});

test("T18: a file whose bytes were read ahead is closed when the reader leaves before it takes them", async () => {
  const { promise: closed, resolve: close } = Promise.withResolvers<string>();
  async function* opened(): AsyncGenerator<FileChunk, void> {
    try {
      yield chunk("a", 1, { event: "file truncated" });
      yield chunk("b", 1, { file: "g" });
      yield chunk("c", 1, { file: "h" });
    } finally {
      close("closed");
    }
  }
  const frames = framesOf(opened(), new ManualClock(), new AbortController().signal);
  const first = await frames.next();
  assert.equal(first.value, '{"Data":"YQ==","File":"f","FileEvent":"file truncated","Offset":1}');
  await frames.return();
  assert.equal(await Promise.race([closed, settled().then(() => "still open")]), "closed");
});
