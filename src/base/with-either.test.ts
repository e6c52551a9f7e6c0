import assert from "node:assert/strict";
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

test("what was done is not told any more of a signal that lives on, also when it failed", async () => {
  const controller = new AbortController();
  const seen: AbortSignal[] = [];
  await withEither([controller.signal], async (signal) => seen.push(signal));
  const failing = async (signal: AbortSignal) => {
    seen.push(signal);
    throw new Error("failed");
  };
  await assert.rejects(withEither([controller.signal], failing), /failed/);
  controller.abort();
  assert.deepEqual(
    seen.map(({ aborted }) => aborted),
    [false, false],
  );
});
