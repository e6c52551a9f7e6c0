import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultSchedulerConfiguration } from "../../model/index.ts";
import { ran } from "../testing/console.ts";

const path = "/v1/operator/scheduler/configuration";
const answer = (fields: object = {}) => ({
  json: { SchedulerConfig: { ...defaultSchedulerConfiguration, ModifyIndex: 7, ...fields }, Index: 7 },
});

test("get-config shows how schedulers work", async () => {
  const { code, out } = await ran("operator scheduler get-config", { agent: { [`GET ${path}`]: answer() } });
  assert.equal(code, 0);
  assert.equal(
    out,
    `Scheduler Algorithm           = binpack
Memory Oversubscription       = false
Reject Job Registration       = false
Preemption System Scheduler   = false
Preemption Service Scheduler  = false
Preemption Batch Scheduler    = false
Preemption SysBatch Scheduler = false
Modify Index                  = 7
`,
  );
});

test("get-config shows it as data, and understands agents that know less", async () => {
  const agent = { [`GET ${path}`]: { json: { SchedulerConfig: { SchedulerAlgorithm: "spread", ModifyIndex: 3 } } } };
  const { out } = await ran("operator scheduler get-config -json", { agent });
  assert.deepEqual(JSON.parse(out), {
    ...defaultSchedulerConfiguration,
    SchedulerAlgorithm: "spread",
    ModifyIndex: 3,
  });
  const { out: text } = await ran(["operator", "scheduler", "get-config", "-t", "{{.SchedulerAlgorithm}}"], { agent });
  assert.equal(text, "spread\n");
});

test("set-config changes what is named, leaves the rest, and only if nobody else has changed it meanwhile", async () => {
  const agent = {
    [`GET ${path}`]: answer({ RejectJobRegistration: true }),
    [`PUT ${path}`]: { json: { Updated: true, Index: 8 } },
  };
  const flags = "-scheduler-algorithm=spread -memory-oversubscription=true -preempt-batch-scheduler true";
  const { code, out, asked } = await ran(`operator scheduler set-config ${flags}`, { agent });
  assert.deepEqual([code, out], [0, "Scheduler configuration updated!\n"]);
  assert.match(asked[1]!.target, /\?cas=7$/);
  assert.deepEqual(JSON.parse(asked[1]!.body ?? ""), {
    ...defaultSchedulerConfiguration,
    SchedulerAlgorithm: "spread",
    MemoryOversubscriptionEnabled: true,
    RejectJobRegistration: true,
    PreemptionConfig: { ...defaultSchedulerConfiguration.PreemptionConfig, BatchSchedulerEnabled: true },
    ModifyIndex: 7,
  });
});

test("set-config says so if the configuration was changed meanwhile", async () => {
  const agent = { [`GET ${path}`]: answer(), [`PUT ${path}`]: { json: { Updated: false, Index: 9 } } };
  const { code, err, asked } = await ran("operator scheduler set-config -check-index=5", { agent });
  assert.equal(code, 1);
  assert.match(err, /^Scheduler configuration could not be atomically updated/);
  assert.match(asked[1]!.target, /\?cas=5$/);
});

test("set-config refuses what it cannot read without asking anybody", async () => {
  const unfit = {
    "-check-index=x": /check-index value "x"/,
    "-reject-job-registration=maybe": /neither true nor false/,
  };
  for (const [flag, message] of Object.entries(unfit)) {
    const { code, err, asked } = await ran(`operator scheduler set-config ${flag}`);
    assert.deepEqual([code, asked.length], [1, 0]);
    assert.match(err, message);
  }
});
