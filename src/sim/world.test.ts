import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes } from "../base/index.ts";
import { staticFingerprint } from "../client/index.ts";
import { World } from "./index.ts";

const machine = staticFingerprint({ cpuMHz: 1000, memoryMB: 1024, diskMB: 10_000 });

test("what never comes about is told with the seed and what happened last", async () => {
  const world = new World("seed of this test");
  try {
    await world.startDevAgent("one", machine);
    await assert.rejects(
      world.until("water burns", () => false, minutes(1)),
      ({ name, message }: Error) => {
        assert.equal(name, "WorldFailed");
        assert.match(
          message,
          /^World with seed "seed of this test": it never came about that water burns\nLast events:\n/,
        );
        assert.match(message, / one applied \d+: nodes/);
        return true;
      },
    );
  } finally {
    await world.close();
  }
});

test("a wait for something that never happens ends, with the seed", async () => {
  const world = new World("nothing");
  await assert.rejects(
    world.settled(new Promise(() => {})),
    /^WorldFailed: World with seed "nothing": everything waits/,
  );
  await world.close();
});

test("a world that is closed gives time and chance back", async () => {
  const world = new World("closed");
  assert.throws(() => Date.now(), /inside a simulated world/);
  await world.close();
  assert.ok(Date.now() > 0);
});
