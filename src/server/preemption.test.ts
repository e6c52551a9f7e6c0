import assert from "node:assert/strict";
import { test } from "node:test";
import { planJob, setSchedulerConfiguration, updateAllocations } from "../api/index.ts";
import { seconds } from "../base/index.ts";
import { type Allocation, defaultSchedulerConfiguration, isTerminalAllocation } from "../model/index.ts";
import { mostInPart } from "./plan-parts.ts";
import { aJob, aNode, id, oneTask } from "./testing/makers.ts";
import { type TestServer, testServer } from "./testing/test-server.ts";

const low = (fields: object = {}) =>
  aJob({ ID: "low", Priority: 20, TaskGroups: [{ Name: "app", Count: 10, Tasks: [oneTask] }], ...fields });
const vip = (CPU: number) => {
  const Tasks = [{ ...oneTask, Resources: { ...oneTask.Resources, CPU } }];
  return aJob({ ID: "vip", Priority: 80, TaskGroups: [{ Name: "app", Count: 1, Tasks }] });
};

/** A server with a node that ten allocations of "low" fill. */
async function withFullNode(allowed: boolean): Promise<TestServer> {
  const server = await testServer({ workers: 2 });
  const PreemptionConfig = { ...defaultSchedulerConfiguration.PreemptionConfig, ServiceSchedulerEnabled: allowed };
  const Config = { ...defaultSchedulerConfiguration, PreemptionConfig };
  await server.ask(setSchedulerConfiguration, { Config, CAS: false });
  await server.withNode();
  await server.register(low());
  await server.runtime.clock.advance(seconds(1));
  assert.equal(running(server, "low").length, 10);
  return server;
}

const allocations = (server: TestServer, job: string): Allocation[] =>
  [...server.state.view().allocations.all()].filter(({ JobID }) => JobID === job);
const running = (server: TestServer, job: string) =>
  allocations(server, job).filter((each) => !isTerminalAllocation(each));
const evaluations = (server: TestServer, job: string) =>
  [...server.state.view().evaluations.all()]
    .filter(({ JobID }) => JobID === job)
    .map(({ TriggeredBy, Status }) => `${TriggeredBy} ${Status}`);

test("a more important job takes the room of others where that is allowed; these wait, and come back when there is room", async () => {
  const server = await withFullNode(true);
  await server.register(vip(300));
  await server.runtime.clock.advance(seconds(1));
  const [placed] = running(server, "vip");
  const stopped = allocations(server, "low").filter(({ DesiredStatus }) => DesiredStatus === "evict");
  assert.deepEqual(placed?.PreemptedAllocations.toSorted(), stopped.map(({ ID }) => ID).sort());
  assert.equal(stopped.length, 3);
  assert.equal(running(server, "low").length, 7);
  assert.deepEqual(evaluations(server, "low").sort(), [
    "job-register complete",
    "preemption blocked",
    "preemption complete",
  ]);

  await server.withNode(aNode({ ID: id(2), Name: "other" }));
  await server.runtime.clock.advance(seconds(1));
  assert.equal(running(server, "low").length, 10);
  assert.equal(running(server, "low").filter(({ NodeID }) => NodeID === id(2)).length, 3);
  await server.close();
});

test("what makes room is gone from the servers' view at once, and is told to its client", async () => {
  const server = await withFullNode(true);
  const { index } = server.state.view();
  await server.register(vip(100));
  await server.runtime.clock.advance(seconds(1));
  const [stopped] = allocations(server, "low").filter(({ DesiredStatus }) => DesiredStatus === "evict");
  assert.ok(stopped && stopped.AllocModifyIndex > index, "the client fetches what has a newer index");
  const report = server.ask(updateAllocations, { Alloc: [{ ...stopped, ClientStatus: "complete" }] });
  await server.runtime.clock.advance(seconds(1));
  await report;
  assert.equal(server.state.view().allocations.get(stopped.ID)?.ClientStatus, "complete");
  assert.equal(running(server, "low").length, 9);
  await server.close();
});

test("a job so large that its plan goes in parts takes all the room it needs", async () => {
  const server = await testServer({ workers: 1 });
  const PreemptionConfig = { ...defaultSchedulerConfiguration.PreemptionConfig, ServiceSchedulerEnabled: true };
  await server.ask(setSchedulerConfiguration, {
    Config: { ...defaultSchedulerConfiguration, PreemptionConfig },
    CAS: false,
  });
  const Count = mostInPart + 20;
  for (let n = 1; n <= Count; n++) await server.withNode(aNode({ ID: id(n), Name: `node-${n}` }));
  const whole = [{ Name: "app", Count, Tasks: [{ ...oneTask, Resources: { ...oneTask.Resources, CPU: 1000 } }] }];
  await server.register(low({ TaskGroups: whole }));
  await server.runtime.clock.advance(seconds(2));
  assert.equal(running(server, "low").length, Count);
  await server.register(low({ ID: "vip", Priority: 80, TaskGroups: whole }));
  await server.runtime.clock.advance(seconds(2));
  assert.deepEqual([running(server, "vip").length, running(server, "low").length], [Count, 0]);
  assert.deepEqual(evaluations(server, "vip"), ["job-register complete"]);
  await server.close();
});

test("a dry run tells what would be stopped, and stops nothing", async () => {
  const server = await withFullNode(true);
  const { reply } = await server.ask(planJob, { Job: vip(300), Diff: false });
  assert.equal(reply.Annotations?.DesiredTGUpdates.app?.Preemptions, 3);
  const told = reply.Annotations?.PreemptedAllocs.map(({ JobID, JobType, TaskGroup, DesiredStatus }) => {
    return [JobID, JobType, TaskGroup, DesiredStatus];
  });
  assert.deepEqual(told, Array(3).fill(["low", "service", "app", "evict"]));
  assert.equal(running(server, "low").length, 10);
  await server.close();
});

test("nobody makes room as long as that is not allowed", async () => {
  const server = await withFullNode(false);
  await server.register(vip(300));
  await server.runtime.clock.advance(seconds(1));
  assert.deepEqual([running(server, "vip").length, running(server, "low").length], [0, 10]);
  assert.deepEqual(evaluations(server, "vip").sort(), ["job-register blocked", "job-register complete"]);
  await server.close();
});

test("jobs that come together and want each other's room all find their place in the end, and no node is given too much", async () => {
  const server = await withFullNode(true);
  const names = [1, 2, 3, 4, 5];
  await Promise.all(
    names.map((n) => server.register({ ...vip(200), ID: `vip${n}`, Name: `vip${n}`, Priority: 40 + 10 * n })),
  );
  await server.runtime.clock.advance(seconds(2));
  assert.deepEqual(
    names.map((n) => running(server, `vip${n}`).length),
    [1, 1, 1, 1, 1],
  );
  assert.equal(running(server, "low").length, 0);
  await server.close();
});
