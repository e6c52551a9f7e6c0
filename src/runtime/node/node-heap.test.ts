import assert from "node:assert/strict";
import { test } from "node:test";
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
