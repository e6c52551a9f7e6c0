import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Instant, instantOf, later, SeededRandom, seconds } from "../../base/index.ts";
import { anEvaluation } from "../testing/makers.ts";
import { EvaluationBroker, failedQueue } from "./evaluation-broker.ts";

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("enqueue" as const),
      number: fc.nat(9),
      Wait: fc.constantFrom(0, 0, 0, seconds(5) as number),
      Priority: fc.constantFrom(20, 50, 80),
    }),
    fc.record({ kind: fc.constantFrom("dequeue", "fail") }),
    fc.record({ kind: fc.constantFrom("acknowledge", "refuse", "pause", "resume"), held: fc.nat(9) }),
    fc.record({ kind: fc.constant("pass" as const), time: fc.integer({ min: 1, max: 40 }) }),
  ),
  { maxLength: 120, size: "max" },
);

/** Evaluations 0 to 9 are of jobs 0 to 2. */
const evaluationNumber = (number: number, fields: object) =>
  anEvaluation({ ID: `e${number}`, JobID: `job ${number % 3}`, CreateIndex: number, ...fields });

test("no evaluation is lost, none of a job is worked on beside another, and none more than three times", () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const broker = new EvaluationBroker(new SeededRandom("broker"), { nackTimeout: seconds(60), deliveryLimit: 3 });
      let now: Instant = instantOf(0);
      const held = new Map<string, { token: string; job: string; paused: boolean }>();
      const wanted = new Set<string>();
      const deliveries = new Map<string, number>();
      const deliver = (queue: string) => {
        const delivery = broker.dequeue([queue], now);
        if (delivery === undefined) return;
        const { ID, JobID } = delivery.evaluation;
        assert.ok(wanted.has(ID) && !held.has(ID), `${ID} is delivered because it was wanted, to one worker`);
        assert.ok(![...held.values()].some(({ job }) => job === JobID), `${JobID} is worked on by one worker`);
        if (queue !== failedQueue) deliveries.set(ID, (deliveries.get(ID) ?? 0) + 1);
        assert.ok((deliveries.get(ID) ?? 0) <= 3, `${ID} is delivered three times at most`);
        held.set(ID, { token: delivery.token, job: JobID, paused: false });
      };
      for (const step of taken) {
        const [ID, holding] = [...held][("held" in step ? step.held : 0) % Math.max(1, held.size)] ?? [];
        if (step.kind === "enqueue" && "number" in step) {
          broker.enqueue(evaluationNumber(step.number, { Wait: step.Wait, Priority: step.Priority }), now);
          wanted.add(`e${step.number}`);
        }
        if (step.kind === "dequeue") deliver("service");
        if (step.kind === "fail") deliver(failedQueue);
        if (step.kind === "pass" && "time" in step) {
          now = later(now, seconds(step.time));
          broker.wake(now);
          for (const [id] of held) if (broker.tokenOf(id) === undefined) held.delete(id);
        }
        if (ID === undefined || holding === undefined) continue;
        if (step.kind === "pause") broker.pause(ID, holding.token);
        if (step.kind === "resume") broker.resume(ID, holding.token, now);
        if (step.kind === "refuse") broker.refuse(ID, holding.token, now);
        if (step.kind === "acknowledge") {
          wanted.delete(ID);
          deliveries.delete(ID);
          broker.acknowledge(ID, holding.token, now);
          if (isTracked(broker, held.size - 1, wanted.size)) wanted.add(ID);
        }
        if (step.kind === "refuse" || step.kind === "acknowledge") held.delete(ID);
      }
      assertAllThere(broker, wanted.size);
    }),
    { numRuns: 300 },
  );
});

/** True if the broker holds one more than is known to be wanted: what was acknowledged came again meanwhile. */
function isTracked(broker: EvaluationBroker, held: number, wanted: number): boolean {
  const { ready, unacknowledged, waiting, delayed } = broker.statistics();
  assert.equal(unacknowledged, held);
  return ready + unacknowledged + waiting + delayed > wanted;
}

function assertAllThere(broker: EvaluationBroker, wanted: number): void {
  const { ready, unacknowledged, waiting, delayed } = broker.statistics();
  assert.equal(ready + unacknowledged + waiting + delayed, wanted, "all that is wanted is somewhere");
}
