import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import type { ExitResult } from "../../drivers/index.ts";
import { endOfRun } from "./end-of-run.ts";

const exit: ExitResult = { exitCode: 3, signal: 0, message: "", oomKilled: false };
const never = new Promise<ExitResult>(() => {});

function signals() {
  return { stop: new AbortController(), detach: new AbortController() };
}

test("a run ends by its exit, by a stop or by being let go, whichever comes first", async () => {
  const { stop, detach } = signals();
  const running = { exited: never, stop: stop.signal, detach: detach.signal };
  assert.deepEqual(await endOfRun({ ...running, exited: Promise.resolve(exit) }), { kind: "exited", exit });

  const letGo = endOfRun(running);
  detach.abort();
  assert.deepEqual(await letGo, { kind: "detached" });

  const stopped = endOfRun({ ...running, detach: new AbortController().signal });
  stop.abort();
  assert.deepEqual(await stopped, { kind: "stopped" });
});

test("a task that was stopped before its run began is stopped at once", async () => {
  const { stop, detach } = signals();
  stop.abort();
  assert.deepEqual(await endOfRun({ exited: never, stop: stop.signal, detach: detach.signal }), { kind: "stopped" });
});

test("a task that is started again and again leaves no listeners behind", async () => {
  const { stop, detach } = signals();
  for (let run = 0; run < 3; run++) {
    const waiting = endOfRun({ exited: Promise.resolve(exit), stop: stop.signal, detach: detach.signal });
    assert.equal(getEventListeners(stop.signal, "abort").length, 1);
    await waiting;
  }
  assert.deepEqual(getEventListeners(stop.signal, "abort"), []);
  assert.deepEqual(getEventListeners(detach.signal, "abort"), []);
});
