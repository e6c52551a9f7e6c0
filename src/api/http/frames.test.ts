import assert from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import type { StreamFrame } from "./client-shapes.ts";
import { framesIn } from "./frames.ts";

async function* cut(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function framesOf(text: string, sizes: readonly number[] = [text.length]): Promise<StreamFrame[]> {
  const frames: StreamFrame[] = [];
  for await (const frame of framesIn(cut(text, sizes))) frames.push(frame);
  return frames;
}

test("frames follow each other without anything in between", async () => {
  assert.deepEqual(await framesOf('{"Data":"YQ==","File":"a","Offset":1}{}{"File":"a","FileEvent":"file deleted"}'), [
    { Data: "YQ==", File: "a", Offset: 1 },
    {},
    { File: "a", FileEvent: "file deleted" },
  ]);
});

test("they are found wherever the stream is cut, whatever the files are called", async () => {
  const files = fc.string({ unit: fc.constantFrom(...'{}"\\ab\u00e4\u{1f600}') });
  const frames = fc.array(fc.record({ File: files, Offset: fc.nat() }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(frames, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), async (sent, sizes) => {
      assert.deepEqual(await framesOf(sent.map((frame) => JSON.stringify(frame)).join(""), sizes), sent);
    }),
  );
});

test("a stream that ends within a frame, and one that is no stream of frames, are refused", async () => {
  await assert.rejects(framesOf('{"Data":"YQ'), /ended within a frame/);
  await assert.rejects(framesOf("{no json}"), SyntaxError);
  await assert.rejects(framesOf("x".repeat(2_000_000), [100_000]), /longer than/);
});
