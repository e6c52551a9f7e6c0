import assert from "node:assert";
import { test } from "node:test";
import { defaultSchedulerConfiguration } from "../model/index.ts";
import { httpWorld } from "./testing/http-world.ts";

const path = "/v1/operator/scheduler/configuration";
const replies = {
  "Operator.SchedulerGetConfiguration": { SchedulerConfig: defaultSchedulerConfiguration },
  "Operator.SchedulerSetConfiguration": { Updated: true },
};

test("the configuration of the schedulers is shown in the shape of 1.x", async () => {
  const world = await httpWorld({ replies });
  const { status, text } = await world.ask(path);
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(text), {
    SchedulerConfig: defaultSchedulerConfiguration,
    Index: 42,
    KnownLeader: true,
    LastContact: 0,
    NextToken: "",
  });
});

test("the body is the configuration, and cas the index at which it may be changed", async () => {
  const world = await httpWorld({ replies });
  const body = JSON.stringify({ SchedulerAlgorithm: "spread", PreemptionConfig: { BatchSchedulerEnabled: true } });
  const { status, text } = await world.ask(path, { method: "PUT", body });
  assert.deepEqual([status, JSON.parse(text)], [200, { Updated: true, Index: 42 }]);
  await world.ask(`${path}?cas=7`, { method: "POST", body });
  const asked = world.servers.questions.map(
    ({ request }) => request as { Config: { ModifyIndex: number }; CAS: boolean },
  );
  assert.deepEqual(
    asked.map(({ Config, CAS }) => [Config.ModifyIndex, CAS]),
    [
      [0, false],
      [7, true],
    ],
  );
  assert.deepEqual(asked[0]?.Config, {
    ...defaultSchedulerConfiguration,
    SchedulerAlgorithm: "spread",
    PreemptionConfig: { ...defaultSchedulerConfiguration.PreemptionConfig, BatchSchedulerEnabled: true },
  });
});

test("what cannot be read is refused with its place", async () => {
  const world = await httpWorld({ replies });
  const wrongIndex = await world.ask(`${path}?cas=x`, { method: "PUT", body: "{}" });
  assert.deepEqual(
    [wrongIndex.status, wrongIndex.text],
    [400, 'Error parsing cas value: strconv.ParseUint: parsing "x": invalid syntax'],
  );
  const wrongBody = await world.ask(path, { method: "PUT", body: '{"MemoryOversubscriptionEnabled": "yes"}' });
  assert.equal(wrongBody.status, 400);
  assert.match(wrongBody.text, /^Cannot read request body: Config\.MemoryOversubscriptionEnabled: /);
  assert.equal(world.servers.questions.length, 0);
});
