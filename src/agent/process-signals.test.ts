import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import { ManualClock } from "../runtime/index.ts";
import { ProcessSignals, startedUnlessEnded } from "./process-signals.ts";

async function* sent(...names: readonly string[]): AsyncGenerator<string> {
  yield* names;
  await new Promise(() => {});
}

const patience = seconds(5);

test("a signal that was seen is still there to be taken, and the others after it", async () => {
  const signals = new ProcessSignals(sent("SIGHUP", "SIGINT"));
  assert.equal((await signals.peek()).value, "SIGHUP");
  assert.equal((await signals.peek()).value, "SIGHUP");
  assert.equal((await signals.next()).value, "SIGHUP");
  for await (const signal of signals) {
    assert.equal(signal, "SIGINT");
    break;
  }
});

test("a start that hangs is given up some time after its user asked for the end, not before", async () => {
  const clock = new ManualClock();
  const signals = new ProcessSignals(sent("SIGINT"));
  let outcome: unknown = "waiting";
  const ended = startedUnlessEnded(new Promise(() => {}), signals, { clock, patience }).then((value) => {
    outcome = value;
  });
  await clock.advance(seconds(4.9));
  assert.equal(outcome, "waiting");
  await clock.advance(seconds(0.1));
  await ended;
  assert.equal(outcome, undefined);
  assert.equal((await signals.next()).value, "SIGINT");
});

test("a start that ends in time is heard, whatever was asked meanwhile, and leaves no timer", async () => {
  for (const signal of ["SIGINT", "SIGHUP"]) {
    const clock = new ManualClock();
    const { promise, resolve } = Promise.withResolvers<string>();
    const signals = new ProcessSignals(sent(signal));
    const ended = startedUnlessEnded(promise, signals, { clock, patience });
    await clock.advance(seconds(1));
    resolve("started");
    assert.equal(await ended, "started");
    assert.equal((await signals.next()).value, signal);
    await clock.advance(seconds(0));
    assert.equal(clock.waiting, 0);
  }
});

test("a start that fails is heard too", async () => {
  const signals = new ProcessSignals(sent("SIGTERM"));
  const starting = Promise.reject(new Error("no port"));
  await assert.rejects(startedUnlessEnded(starting, signals, { clock: new ManualClock(), patience }), /no port/);
});
