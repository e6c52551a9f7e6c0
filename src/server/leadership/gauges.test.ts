import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../../base/index.ts";
import { evaluationsUpdate } from "../../state/index.ts";
import { anEvaluation, aPlan, id } from "../testing/makers.ts";
import { testTenure } from "../testing/test-world.ts";
import { EvaluationQueue } from "./evaluation-queue.ts";
import { Gauges } from "./gauges.ts";
import { Heartbeats } from "./heartbeats.ts";
import { PlanQueue } from "./plan-queue.ts";

test("it is shown how much waits, while the tenure lasts", async () => {
  const tenure = testTenure();
  const measured = {
    evaluations: new EvaluationQueue(tenure),
    plans: new PlanQueue(tenure.signal),
    heartbeats: new Heartbeats(tenure),
  };
  measured.evaluations.run();
  const running = new Gauges(tenure, measured).run();
  const blocked = { Status: "blocked", EscapedComputedClass: true, SnapshotIndex: 9 };
  const Evals = [
    anEvaluation(),
    anEvaluation({ ID: id(101) }),
    anEvaluation({ ID: id(104), JobID: "nightly", Type: "batch" }),
    anEvaluation({ ID: id(102), JobID: "later", Wait: 1e12 }),
    anEvaluation({ ID: id(103), JobID: "db", ...blocked }),
  ];
  await tenure.state.propose(evaluationsUpdate, { Evals });
  await measured.evaluations.dequeue(["service"], seconds(0), tenure.signal);
  measured.plans.submit(aPlan([])).catch(() => {});
  measured.heartbeats.heardFrom(id(1));
  assert.deepEqual(tenure.runtime.gauges(), {
    "nomad.broker.service.ready": 0,
    "nomad.broker.service.unacked": 1,
    "nomad.broker.batch.ready": 1,
    "nomad.broker.batch.unacked": 0,
    "nomad.broker.total_ready": 1,
    "nomad.broker.total_unacked": 1,
    "nomad.broker.total_blocked": 1,
    "nomad.broker.total_pending": 1,
    "nomad.broker.total_waiting": 1,
    "nomad.blocked_evals.total_blocked": 1,
    "nomad.blocked_evals.total_escaped": 1,
    "nomad.plan.queue_depth": 1,
    "nomad.heartbeat.active": 1,
    "nomad.job_status.pending": 0,
    "nomad.job_status.running": 0,
    "nomad.job_status.dead": 0,
  });
  tenure.end();
  await running;
  assert.deepEqual(tenure.runtime.gauges(), {});
});
