import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { PlainSignal } from "./signal.ts";
import { whenAborted } from "./when-aborted.ts";

test("all are called once and in order when the signal fires, but for those who have stopped waiting", () => {
  const controller = new AbortController();
  const called: string[] = [];
  whenAborted(controller.signal, () => called.push("first"));
  const stop = whenAborted(controller.signal, () => called.push("stopped"));
  whenAborted(controller.signal, () => {
    called.push("second");
    stopLast();
  });
  const stopLast = whenAborted(controller.signal, () => called.push("stopped by the second"));
  stop();
  controller.abort();
  controller.abort();
  assert.deepEqual(called, ["first", "second"]);
});

test("a plain signal does as the platform's, and fires once, for its first reason", () => {
  const signal = new PlainSignal();
  const called: unknown[] = [];
  const stop = whenAborted(signal, () => called.push("stopped"));
  whenAborted(signal, () => called.push(signal.reason));
  signal.throwIfAborted();
  stop();
  assert.equal(signal.aborted, false);
  for (const reason of [new Error("first"), new Error("second")]) signal.abort(reason);
  assert.deepEqual(called, [new Error("first")]);
  assert.equal(signal.aborted, true);
  assert.throws(() => signal.throwIfAborted(), /first/);
});

test("the same function may wait twice, and stops once for each time", () => {
  const controller = new AbortController();
  let calls = 0;
  const count = () => calls++;
  const stops = [whenAborted(controller.signal, count), whenAborted(controller.signal, count)];
  stops[0]?.();
  stops[0]?.();
  controller.abort();
  assert.equal(calls, 1);
});

test("a signal has one listener for thousands who wait, one after the other or together", () => {
  const { signal } = new AbortController();
  const stops = Array.from({ length: 5_000 }, () => whenAborted(signal, () => {}));
  assert.equal(getEventListeners(signal, "abort").length, 1);
  for (const stop of stops) stop();
  whenAborted(signal, () => {});
  assert.equal(getEventListeners(signal, "abort").length, 1);
});
