import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapSpaceStatistics } from "node:v8";
import { NodeHeap } from "./node-heap.ts";

test("a collection that was asked for comes, and tells what is kept after it", async () => {
  const heap = new NodeHeap();
  let stop = () => {};
  const collected = new Promise<number>((resolve) => {
    stop = heap.onCollected(resolve);
  });
  heap.collect();
  const keptBytes = await collected;
  stop();
  assert.ok(keptBytes > 1e6 && keptBytes < heap.limitBytes, `${keptBytes} of ${heap.limitBytes}`);
  assert.equal("gc" in globalThis, false, "nobody else can ask for one");
});

test("room for new objects stays small, whatever survives, until much is expected", async () => {
  const heap = new NodeHeap();
  const stop = heap.onCollected(() => {});
  const survivors: object[] = [];
  /** Goes on until so much room is there, and tells how much there is in the end. */
  const survive = async (mebibytes: number, enough: number) => {
    for (let made = 0; made < mebibytes && newSpaceMebibytes() < enough; made++) {
      for (let nth = 0; nth < 16_384; nth++) survivors.push({ nth: [nth] });
      await new Promise(setImmediate);
    }
    return newSpaceMebibytes();
  };
  const usual = 16;
  assert.ok((await survive(400, usual)) >= usual);
  await survive(50, usual + 1);
  // V8 counts pages, and may have begun to take more before it was told to stay.
  assert.ok(newSpaceMebibytes() < 1.5 * usual, `it grows by itself to ${newSpaceMebibytes()} MiB`);
  heap.expectMuch();
  assert.ok((await survive(400, usual + 1)) > usual, "it grows once much is expected");
  stop();
  assert.ok(survivors.length > 0);
});

function newSpaceMebibytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  return (space?.space_size ?? 0) / 2 ** 20;
}
