import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../base/index.ts";
import type { ExitResult, RunningTask } from "../../drivers/index.ts";
import { ManualClock } from "../../runtime/index.ts";
import { killTask } from "./kill-task.ts";

/** A task of which only what killing looks at is there. */
function task(fields: Partial<RunningTask>): RunningTask {
  return { exited: new Promise<ExitResult>(() => {}), ...fields } as RunningTask;
}

const how = { signal: "SIGINT", timeout: seconds(5) };

test("a driver that cannot kill a task is asked five times, with longer and longer pauses", async () => {
  const clock = new ManualClock();
  const start = clock.now();
  const askedAt: number[] = [];
  const stop = async () => {
    askedAt.push((clock.now() - start) / 1e9);
    throw new Error("permission denied");
  };
  const killed = killTask(clock, task({ stop }), how);
  await clock.advance(minutes(10));
  assert.equal(await killed, "permission denied");
  assert.deepEqual(askedAt, [0, 5, 25, 105, 225]);
});

test("a task that ends while the driver is to be asked again is killed well", async () => {
  const clock = new ManualClock();
  const end = Promise.withResolvers<ExitResult>();
  const stop = () => Promise.reject(new Error("permission denied"));
  const killed = killTask(clock, task({ stop, exited: end.promise }), how);
  await clock.advance(seconds(1));
  end.resolve({ exitCode: 0, signal: 0, oomKilled: false, message: "" });
  assert.equal(await killed, "");
});

test("a task that nothing can end is given up some time after its own", async () => {
  const clock = new ManualClock();
  const killed = killTask(clock, task({ stop: () => new Promise(() => {}) }), how);
  await clock.advance(seconds(15));
  assert.equal(await killed, "task did not end within 5s and could not be killed");
  assert.equal(clock.waiting, 0);
});
