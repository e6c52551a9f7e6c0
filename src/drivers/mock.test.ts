import assert from "node:assert/strict";
import { test } from "node:test";
import { dictionary, instantOf, minutes, seconds } from "../base/index.ts";
import { resources } from "../model/index.ts";
import { ManualClock, settled } from "../runtime/index.ts";
import type { RunningTask, TaskConfig } from "./driver.ts";
import { mockDriver } from "./mock.ts";

const clock = new ManualClock(instantOf(1e18));
const driver = mockDriver({ clock });

function taskConfig(config: unknown): TaskConfig<ReturnType<typeof driver.config.parse>> {
  return {
    allocationID: "a1b2c3d4-0000-4000-8000-000000000000",
    taskName: "web",
    config: driver.config.parse(config),
    env: dictionary(),
    directories: { shared: "/a", task: "/t", local: "/t/local", supervision: "/s" },
    resources: resources.parse({}),
    user: "",
  };
}

async function started(config: unknown): Promise<RunningTask> {
  const starting = driver.start(taskConfig(config));
  await clock.advance(seconds(0));
  return starting;
}

/** The exit if the task has ended, else undefined. */
async function exitOf(task: RunningTask) {
  await settled();
  return Promise.race([task.exited, Promise.resolve(undefined)]);
}

test("a task runs as long as it is told, and ends as it is told", async () => {
  const task = await started({ run_for: "10s", exit_code: 3, exit_signal: 15, exit_err_msg: "tired" });
  await clock.advance(seconds(9));
  assert.equal(await exitOf(task), undefined);
  await clock.advance(seconds(1));
  assert.deepEqual(await exitOf(task), { exitCode: 3, signal: 15, oomKilled: false, message: "tired" });
});

test("starting fails, or takes its time, as told", async () => {
  const failing = assert.rejects(driver.start(taskConfig({ start_error: "no", start_error_recoverable: true })), {
    name: "DriverStartError",
    message: "no",
    isRecoverable: true,
  });
  await clock.advance(seconds(0));
  await failing;
  let isStarted = false;
  driver.start(taskConfig({ start_block_for: "5s" })).then(() => {
    isStarted = true;
  });
  await clock.advance(seconds(4));
  assert.equal(isStarted, false);
  await clock.advance(seconds(1));
  assert.equal(isStarted, true);
});

test("a stopped task goes on for a while, and is killed when that exceeds the grace", async () => {
  const polite = await started({ run_for: "1h", kill_after: "3s" });
  polite.stop("SIGINT", seconds(5));
  await clock.advance(seconds(2));
  assert.equal(await exitOf(polite), undefined);
  await clock.advance(seconds(1));
  assert.equal((await exitOf(polite))?.exitCode, 0);

  const stubborn = await started({ run_for: "1h", kill_after: "10s" });
  stubborn.stop("SIGINT", seconds(5));
  await clock.advance(seconds(5));
  assert.deepEqual(await exitOf(stubborn), { exitCode: 137, signal: 9, oomKilled: false, message: "" });
});

test("a recovered task ends when it would have ended", async () => {
  const first = await started({ run_for: "1m", exit_code: 4 });
  await clock.advance(seconds(20));
  first.detach();
  const second = await driver.recover(JSON.parse(JSON.stringify(first.handle)));
  assert.ok(second !== undefined);
  await clock.advance(seconds(39));
  assert.equal(await exitOf(second), undefined);
  await clock.advance(seconds(1));
  assert.equal((await exitOf(second))?.exitCode, 4);
});

test("a text is written again as often as told", async () => {
  const task = await started({ run_for: "1h", stdout_string: "x", stdout_repeat: 2, stdout_repeat_duration: "10s" });
  let text = "";
  const reading = (async () => {
    for await (const chunk of task.stdout) text += Buffer.from(chunk).toString();
  })();
  await clock.advance(seconds(5));
  assert.equal(text, "x");
  await clock.advance(seconds(10));
  assert.equal(text, "xx");
  await clock.advance(minutes(1));
  assert.equal(text, "xxx");
  await reading;
});
