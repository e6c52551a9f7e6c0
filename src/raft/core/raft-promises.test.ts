import { test } from "node:test";
import fc from "fast-check";
import { Storm, type Weather } from "./storm.ts";

const amount = (most: number) => fc.oneof(fc.constant(0), fc.nat(most));

const weather: fc.Arbitrary<Weather> = fc.record({
  seed: fc.string({ minLength: 8, maxLength: 8 }),
  size: fc.integer({ min: 1, max: 5 }),
  lost: amount(300),
  doubled: amount(100),
  crashes: amount(20),
  cuts: amount(20),
  slowSyncs: amount(900),
  slowMessages: amount(900),
  memberChanges: amount(30),
  handovers: amount(20),
  snapshots: amount(60),
  reads: amount(100),
  pauses: amount(40),
});

test("whatever is lost, late, doubled, reordered or crashes: one leader a term, logs match, nothing committed is lost", () => {
  fc.assert(
    fc.property(weather, (chosen) => new Storm(chosen).run()),
    { numRuns: 120, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
  );
});
