import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import { type Heap, logInto, ManualClock } from "../runtime/index.ts";
import { HeapGuard } from "./heap-guard.ts";

/** A heap of 1000 MiB that is collected when the test says so. */
class ScriptedHeap implements Heap {
  readonly limitBytes = 1000 * 1024 * 1024;
  asked = 0;
  #tell: (keptBytes: number) => void = () => {};

  onCollected(tell: (keptBytes: number) => void): () => void {
    this.#tell = tell;
    return () => {
      this.#tell = () => {};
    };
  }

  collect(): void {
    this.asked += 1;
  }

  expectMuch(): void {}

  /** A collection has left so many MiB. */
  leaves(mebibytes: number): void {
    this.#tell(mebibytes * 1024 * 1024);
  }
}

function guarded() {
  const [heap, clock] = [new ScriptedHeap(), new ManualClock()];
  const [logged, ends] = [[] as string[], [] as string[]];
  const log = logInto(({ level, phrase }) => logged.push(`${level} ${phrase}`));
  return { heap, clock, logged, ends, guard: new HeapGuard({ clock, log }, heap, (reason) => ends.push(reason)) };
}

test("T50: memory is scarce from 70 % on until it is below 60 %, and each turn is told once", () => {
  const { heap, guard, logged } = guarded();
  const scarce = [500, 690, 700, 650, 610, 700, 599, 690].map((kept) => {
    heap.leaves(kept);
    return guard.isScarce;
  });
  assert.deepEqual(scarce, [false, false, true, true, true, true, false, false]);
  assert.deepEqual(logged, [
    "WARN little memory is left: HTTP requests are refused until there is more",
    "INFO there is memory enough again",
  ]);
});

test("T50: while memory is scarce somebody looks for garbage, though nobody asks for room", async () => {
  const { heap, clock, guard } = guarded();
  heap.leaves(400);
  await clock.advance(seconds(60));
  assert.equal(heap.asked, 0);
  heap.leaves(750);
  await clock.advance(seconds(19));
  heap.leaves(740);
  await clock.advance(seconds(19));
  assert.equal(heap.asked, 0, "the collection a moment ago was enough");
  await clock.advance(seconds(1));
  assert.equal(heap.asked, 1);
  heap.leaves(300);
  assert.equal(guard.isScarce, false);
  assert.equal(clock.waiting, 0);
});

test("T50: collections that crowd and leave the heap full end the process, once; one now and then does not", async () => {
  const { heap, clock, ends } = guarded();
  for (let turn = 0; turn < 5; turn++) {
    heap.leaves(900);
    await clock.advance(seconds(16));
  }
  assert.deepEqual(ends, []);
  heap.leaves(790);
  heap.leaves(850);
  heap.leaves(780);
  await clock.advance(seconds(16));
  heap.leaves(850);
  assert.deepEqual(ends, []);
  await clock.advance(seconds(3));
  heap.leaves(860);
  heap.leaves(870);
  assert.deepEqual(ends, [
    "its memory is full: it keeps 860 MiB of the 1000 MiB that it may. Allow more with NODE_OPTIONS=--max-old-space-size=<MB>",
  ]);
  assert.equal(clock.waiting, 0);
});

test("a guard that is disposed of watches nothing any more", () => {
  const { heap, clock, guard } = guarded();
  heap.leaves(750);
  guard[Symbol.dispose]();
  heap.leaves(300);
  assert.deepEqual([guard.isScarce, clock.waiting], [true, 0]);
});
