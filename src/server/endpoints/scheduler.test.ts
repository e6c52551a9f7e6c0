import assert from "node:assert/strict";
import { test } from "node:test";
import { getSchedulerConfiguration, planJob, registerJob, setSchedulerConfiguration } from "../../api/index.ts";
import { defaultSchedulerConfiguration, type SchedulerConfiguration } from "../../model/index.ts";
import { aJob } from "../testing/makers.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

const config = (fields: Partial<SchedulerConfiguration>) => ({ ...defaultSchedulerConfiguration, ...fields });

function set(server: TestServer, fields: Partial<SchedulerConfiguration>, CAS = false) {
  return server.ask(setSchedulerConfiguration, { Config: config(fields), CAS });
}

async function present(server: TestServer): Promise<SchedulerConfiguration> {
  return (await server.ask(getSchedulerConfiguration, {})).reply.SchedulerConfig!;
}

test("schedulers fill the fullest node and preempt nobody until they are told otherwise", async () => {
  const server = await testServer();
  const { reply, index } = await server.ask(getSchedulerConfiguration, {});
  assert.deepEqual([reply.SchedulerConfig, index], [defaultSchedulerConfiguration, 1]);
  await server.close();
});

test("a configuration is kept whole, and the usual algorithm is meant where none is named", async () => {
  const server = await testServer();
  const PreemptionConfig = { ...defaultSchedulerConfiguration.PreemptionConfig, BatchSchedulerEnabled: true };
  const { reply, index } = await set(server, {
    PreemptionConfig,
    MemoryOversubscriptionEnabled: true,
    SchedulerAlgorithm: "",
  });
  assert.equal(reply.Updated, true);
  assert.deepEqual(
    await present(server),
    config({ PreemptionConfig, MemoryOversubscriptionEnabled: true, CreateIndex: index, ModifyIndex: index }),
  );
  await server.close();
});

test("a change by compare and swap is made only at the index that is named", async () => {
  const server = await testServer();
  const { index } = await set(server, { SchedulerAlgorithm: "spread", ModifyIndex: 0 }, true);
  const late = await set(server, { SchedulerAlgorithm: "binpack", ModifyIndex: 0 }, true);
  assert.deepEqual([late.reply.Updated, late.index], [false, index]);
  assert.equal((await present(server)).SchedulerAlgorithm, "spread");
  assert.equal((await set(server, { ModifyIndex: index }, true)).reply.Updated, true);
  assert.equal((await present(server)).SchedulerAlgorithm, "binpack");
  await server.close();
});

test("what schedulers cannot do is refused", async () => {
  const server = await testServer();
  await assert.rejects(set(server, { SchedulerAlgorithm: "random" }), {
    message: 'invalid scheduler algorithm: "random"; there are binpack and spread',
    code: 400,
  });
  await assert.rejects(set(server, { PauseEvalBroker: true }), /pausing the evaluation broker is not supported/);
  await assert.rejects(server.ask(setSchedulerConfiguration, { Config: null, CAS: false }), { code: 400 });
  await server.close();
});

test("jobs are not registered while the configuration says so", async () => {
  const server = await testServer();
  const register = () => server.ask(registerJob, { Job: aJob(), EnforceIndex: false, JobModifyIndex: 0 });
  await set(server, { RejectJobRegistration: true });
  await assert.rejects(register(), {
    message: "Job registration is disabled by the scheduler configuration",
    code: 403,
  });
  await set(server, {});
  assert.notEqual((await register()).reply.EvalID, "");
  await server.close();
});

test("whoever waits for a change of the configuration is told of it", async () => {
  const server = await testServer();
  const waiting = server.ask(getSchedulerConfiguration, {}, { minQueryIndex: 1 });
  await set(server, { SchedulerAlgorithm: "spread" });
  assert.equal((await waiting).reply.SchedulerConfig?.SchedulerAlgorithm, "spread");
  await server.close();
});

test("who registers or plans a job is told that its memory_max is ignored, while it is", async () => {
  const server = await testServer();
  const greedy = aJob({
    TaskGroups: [
      {
        Name: "app",
        Tasks: [{ Name: "main", Driver: "raw_exec", Config: { command: "a" }, Resources: { MemoryMaxMB: 99 } }],
      },
    ],
  });
  const warnings = async () => [
    (await server.ask(registerJob, { Job: greedy, EnforceIndex: false, JobModifyIndex: 0 })).reply.Warnings,
    (await server.ask(planJob, { Job: greedy, Diff: false })).reply.Warnings,
  ];
  const text =
    '1 warning(s):\n\n* Memory oversubscription is not enabled: memory_max of task "app.main" is ignored until ' +
    "the scheduler configuration allows it";
  assert.deepEqual(await warnings(), [text, text]);
  await set(server, { MemoryOversubscriptionEnabled: true });
  assert.deepEqual(await warnings(), ["", ""]);
  await server.close();
});
