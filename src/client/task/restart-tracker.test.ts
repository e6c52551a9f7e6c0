import assert from "node:assert/strict";
import { test } from "node:test";
import { type Instant, instantOf, type Random, SeededRandom, seconds } from "../../base/index.ts";
import type { RestartPolicy } from "../../model/index.ts";
import { type RestartDecision, RestartTracker, type TaskOutcome } from "./restart-tracker.ts";

const failed: TaskOutcome = { kind: "exited", success: false };
const succeeded: TaskOutcome = { kind: "exited", success: true };
const noJitter: Random = { fraction: () => 0, below: () => 0, uuid: () => "" };
const at = (second: number): Instant => instantOf(second * 1e9);

function policy(fields: Partial<RestartPolicy>): RestartPolicy {
  return { Attempts: 2, Interval: seconds(60), Delay: seconds(15), Mode: "delay", ...fields };
}

function decisions(tracker: RestartTracker, endings: readonly (readonly [second: number, outcome: TaskOutcome])[]) {
  return endings.map(([second, outcome]) => text(tracker.decide(at(second), outcome)));
}

function text(decision: RestartDecision): string {
  if (decision.kind === "restart") return `restart in ${decision.delay / 1e9}s: ${decision.reason}`;
  return decision.kind === "giveUp" ? `give up: ${decision.reason}` : "finished";
}

test("a policy without attempts restarts nothing, and only success ends quietly", () => {
  const tracker = new RestartTracker(policy({ Attempts: 0 }), "service", noJitter, at(0));
  assert.deepEqual(
    decisions(tracker, [
      [1, succeeded],
      [2, failed],
      [3, { kind: "failedToStart", recoverable: true }],
    ]),
    ["finished", "give up: Policy allows no restarts", "give up: Policy allows no restarts"],
  );
});

test("mode fail gives up after the allowed attempts and says the interval as Go prints it", () => {
  const tracker = new RestartTracker(policy({ Mode: "fail", Attempts: 1 }), "batch", noJitter, at(0));
  assert.deepEqual(
    decisions(tracker, [
      [1, failed],
      [20, failed],
    ]),
    [
      "restart in 15s: Restart within policy",
      'give up: Exceeded allowed attempts 1 in interval 1m0s and mode is "fail"',
    ],
  );
});

test("mode delay waits for the interval's end", () => {
  const tracker = new RestartTracker(policy({}), "service", noJitter, at(0));
  assert.deepEqual(
    decisions(tracker, [
      [1, failed],
      [2, failed],
      [20, failed],
    ]),
    [
      "restart in 15s: Restart within policy",
      "restart in 15s: Restart within policy",
      "restart in 40s: Exceeded allowed attempts, applying a delay",
    ],
  );
});

test("the first ending after an interval opens the next one and is not counted", () => {
  const tracker = new RestartTracker(policy({ Mode: "fail", Attempts: 1 }), "service", noJitter, at(0));
  assert.deepEqual(
    decisions(tracker, [
      [61, failed],
      [62, failed],
      [63, failed],
    ]),
    [
      "restart in 15s: Restart within policy",
      "restart in 15s: Restart within policy",
      'give up: Exceeded allowed attempts 1 in interval 1m0s and mode is "fail"',
    ],
  );
});

test("a batch task that succeeds is done, a service is started again", () => {
  const batch = new RestartTracker(policy({}), "batch", noJitter, at(0));
  const service = new RestartTracker(policy({}), "service", noJitter, at(0));
  assert.deepEqual(batch.decide(at(1), succeeded), { kind: "finished" });
  assert.equal(service.decide(at(1), succeeded).kind, "restart");
});

test("an unrecoverable failure to start ends the task, a recoverable one follows the policy", () => {
  const tracker = new RestartTracker(policy({}), "service", noJitter, at(0));
  assert.deepEqual(
    decisions(tracker, [
      [1, { kind: "failedToStart", recoverable: true }],
      [2, { kind: "failedToStart", recoverable: false }],
    ]),
    ["restart in 15s: Restart within policy", "give up: Error was unrecoverable"],
  );
});

test("the delay grows by at most a quarter of itself", () => {
  const tracker = new RestartTracker(policy({ Attempts: 1000 }), "service", new SeededRandom("delays"), at(0));
  for (let i = 0; i < 200; i++) {
    const decision = tracker.decide(at(1), failed);
    assert.equal(decision.kind, "restart");
    if (decision.kind === "restart") {
      assert.ok(decision.delay >= seconds(15) && decision.delay < seconds(18.75));
      assert.ok(Number.isInteger(decision.delay));
    }
  }
});

test("a changed policy keeps what was counted", () => {
  const tracker = new RestartTracker(policy({ Attempts: 3 }), "service", noJitter, at(0));
  tracker.decide(at(1), failed);
  tracker.decide(at(2), failed);
  tracker.setPolicy(policy({ Attempts: 2, Mode: "fail" }));
  assert.equal(tracker.decide(at(3), failed).kind, "giveUp");
});
