import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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

/** Prints how much room there is, in MiB, after much has survived, after as much again, and after more when much is expected. */
const program = `
  import { getHeapSpaceStatistics } from "node:v8";
  import { NodeHeap } from ${JSON.stringify(new URL("./node-heap.ts", import.meta.url).href)};
  const room = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size / 2 ** 20;
  const survivors = [];
  const survive = async () => {
    for (let made = 0; made < 80; made++) {
      for (let nth = 0; nth < 16_384; nth++) survivors.push({ nth: [nth] });
      await new Promise(setImmediate);
    }
    return room();
  };
  const heap = new NodeHeap();
  heap.onCollected(() => {});
  const held = [await survive(), await survive()];
  heap.expectMuch();
  console.log(JSON.stringify([...held, await survive()]));
  process.exit(survivors.length > 0 ? 0 : 1);
`;

test("room for new objects stays small, whatever survives, until much is expected", () => {
  const options = ["--max-semi-space-size=64", "--input-type=module", "-e", program];
  const run = () => JSON.parse(execFileSync(process.execPath, options, { encoding: "utf8", env: {} })) as number[];
  // V8 tells of collections afterwards, now and then too late to stop the next step.
  const seen = [run(), run(), run()];
  const isHeld = ([first = 0, then = 0, free = 0]: number[]) => first < 30 && then < 30 && free > 30;
  assert.ok(seen.some(isHeld), `MiB of room: ${JSON.stringify(seen)}`);
});
