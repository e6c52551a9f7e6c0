import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { withEither } from "./with-either.ts";

test("the signal fires with the first of the others, for its reason", async () => {
  for (const first of [0, 1]) {
    const controllers = [new AbortController(), new AbortController()];
    const signals = controllers.map(({ signal }) => signal);
    const reason = new Error(`number ${first}`);
    const seen = await withEither(signals, async (signal) => {
      assert.equal(signal.aborted, false);
      controllers[first]?.abort(reason);
      controllers[1 - first]?.abort(new Error("too late"));
      return signal;
    });
    assert.equal(seen.reason, reason);
  }
});

test("a signal that has fired before counts at once", async () => {
  const reason = new Error("over");
  const signals = [new AbortController().signal, AbortSignal.abort(reason)];
  assert.equal(await withEither(signals, async (signal) => signal.reason), reason);
});

test("nothing is left behind on a signal that lives on, also when what was done fails", async () => {
  const { signal } = new AbortController();
  assert.equal(await withEither([signal], async () => getEventListeners(signal, "abort").length), 1);
  await assert.rejects(
    withEither([signal], async () => Promise.reject(new Error("failed"))),
    /failed/,
  );
  assert.equal(getEventListeners(signal, "abort").length, 0);
});
