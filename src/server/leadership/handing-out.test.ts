import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, milliseconds, SeededRandom, seconds } from "../../base/index.ts";
import { evaluation } from "../../model/index.ts";
import { ManualClock } from "../../runtime/index.ts";
import { EvaluationBroker } from "./evaluation-broker.ts";
import { HandingOut } from "./handing-out.ts";

/** A broker that hands out to workers "a", "b", …, and what each was given, with the milliseconds of the clock. */
function handing() {
  const clock = new ManualClock(instantOf(seconds(100)));
  const broker = new EvaluationBroker(new SeededRandom("b"), { nackTimeout: seconds(60), deliveryLimit: 3 });
  const out = new HandingOut(broker, clock);
  const given: string[] = [];
  let count = 0;
  return {
    clock,
    given,
    ready: (Type = "service") => {
      const ID = `${++count}`;
      const stored = evaluation.parse({ ID, JobID: ID, Type, Priority: 50, Status: "pending", CreateIndex: count });
      out.jobRegistered();
      broker.enqueue(stored, clock.now());
      out.handOut();
    },
    wait: (name: string, most = 9, schedulers = ["service"]) =>
      out.wait({
        schedulers,
        most,
        give: (deliveries) => {
          const milliseconds = (clock.now() - seconds(100)) / 1e6;
          given.push(`${milliseconds} ms: ${name} gets ${deliveries.map((each) => each.evaluation.ID).join(" ")}`);
        },
      }),
  };
}

test("who waits longest is given what comes, at once if it comes alone", async () => {
  const { clock, given, ready, wait } = handing();
  wait("a");
  wait("b");
  ready();
  await clock.advance(milliseconds(20));
  ready();
  assert.deepEqual(given, ["0 ms: a gets 1", "20 ms: b gets 2"]);
});

test("what comes soon after a delivery is gathered for ten milliseconds, and goes out together", async () => {
  const { clock, given, ready, wait } = handing();
  for (const name of ["a", "b", "c"]) wait(name);
  ready();
  await clock.advance(milliseconds(3));
  ready();
  await clock.advance(milliseconds(3));
  ready();
  await clock.advance(milliseconds(10));
  assert.deepEqual(given, ["0 ms: a gets 1", "10 ms: b gets 2 3"]);
});

test("as many as a worker takes do not wait for more", () => {
  const { given, ready, wait } = handing();
  for (const name of ["a", "b"]) wait(name, 2);
  for (let each = 0; each < 3; each++) ready();
  assert.deepEqual(given, ["0 ms: a gets 1", "0 ms: b gets 2 3"]);
});

/** How many each was given, and when. */
const amounts = (given: readonly string[]) =>
  given.map((line) => line.replace(/gets (.*)/, (_, ids) => `${ids.split(" ").length}`));

test("while jobs are registered in a rush, their evaluations are handed out one every three milliseconds, however many at a time", async () => {
  for (const [most, expected] of [
    [32, ["0 ms: a 32", "96 ms: b 32"]],
    [1, ["0 ms: a 1", "3 ms: b 1", "6 ms: c 1"]],
  ] as const) {
    const { clock, given, ready, wait } = handing();
    for (let each = 0; each < 40; each++) ready();
    for (const name of ["a", "b", "c"]) wait(name, most);
    for (let each = 0; each < 100; each++) {
      await clock.advance(milliseconds(1));
      ready();
    }
    assert.deepEqual(amounts(given), expected);
  }
});

test("what was left over in a rush is handed out after it, though nothing more comes", async () => {
  const { clock, given, ready, wait } = handing();
  for (let each = 0; each < 96; each++) ready();
  for (const name of ["a", "b", "c"]) wait(name, 32);
  await clock.advance(milliseconds(200));
  assert.deepEqual(amounts(given), ["0 ms: a 32", "96 ms: b 32", "192 ms: c 32"]);
});

test("what is ready when a worker comes is given after it was let know how to end its wait", async () => {
  const { clock, given, ready, wait } = handing();
  ready();
  wait("gone")();
  wait("a");
  assert.deepEqual(given, []);
  await clock.advance(milliseconds(0));
  assert.deepEqual(given, ["0 ms: a gets 1"]);
});

test("a worker of other schedulers stands in nobody's way, and nothing is left when all have gone", async () => {
  const { clock, given, ready, wait } = handing();
  const other = wait("core", 1, ["_core"]);
  wait("a");
  ready();
  const late = wait("b");
  ready();
  assert.equal(clock.waiting, 1, "the second is gathered for");
  other();
  late();
  assert.equal(clock.waiting, 0);
  assert.deepEqual(given, ["0 ms: a gets 1"]);
});
