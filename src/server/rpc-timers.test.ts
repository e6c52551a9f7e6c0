import assert from "node:assert/strict";
import { test } from "node:test";
import { timerOf } from "./rpc-timers.ts";

test("methods are timed under Nomad's names", () => {
  const named = (method: string) => timerOf(method).join(".");
  assert.equal(named("Job.Register"), "nomad.job.register");
  assert.equal(named("Job.GetJob"), "nomad.job.get_job");
  assert.equal(named("Job.Summary"), "nomad.job_summary.get_job_summary");
  assert.equal(named("Node.UpdateStatus"), "nomad.client.update_status");
  assert.equal(named("Node.GetClientAllocs"), "nomad.client.get_client_allocs");
  assert.equal(named("Alloc.GetAlloc"), "nomad.alloc.get_alloc");
  assert.equal(named("Plan.Submit"), "nomad.plan.submit");
  assert.equal(named("Eval.Finish"), "nomad.eval.ack");
});
