import assert from "node:assert/strict";
import { test } from "node:test";
import { planJob, updateAllocations } from "../../api/index.ts";
import { seconds } from "../../base/index.ts";
import type { Job } from "../../model/index.ts";
import { aJob, aPeriodicJob, oneTask } from "../testing/makers.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

/** What Nomad 0.4.1 was recorded to say of the same changes. */
const groups = (Count: number, task: object = {}) => [{ Name: "app", Count, Tasks: [{ ...oneTask, ...task }] }];

const plan = async (server: TestServer, Job: Job | null, Diff = true) => server.ask(planJob, { Job, Diff });

/** The numbers that are not zero, of the one group. */
async function updates(server: TestServer, Job: Job) {
  const { reply } = await plan(server, Job);
  const counted = Object.entries(reply.Annotations?.DesiredTGUpdates.app ?? {}).filter(([, count]) => count !== 0);
  return { ...Object.fromEntries(counted), diff: reply.Diff?.TaskGroups[0]?.Updates };
}

/** A server on which two allocations of "web" run. */
async function withRunning(work: (server: TestServer, index: number) => Promise<void>): Promise<void> {
  const server = await testServer({ workers: 1 });
  await server.withNode();
  const { JobModifyIndex } = await server.register(aJob({ TaskGroups: groups(2) }));
  await server.runtime.clock.advance(seconds(1));
  const Alloc = [...server.state.view().allocations.all()].map((found) => ({ ...found, ClientStatus: "running" }));
  const reported = server.ask(updateAllocations, { Alloc });
  await server.runtime.clock.advance(seconds(1));
  await reported;
  await work(server, JobModifyIndex);
  await server.close();
}

test("the plan of a new job says what would be placed, and that there is no job yet", async () => {
  const server = await testServer();
  await server.withNode();
  const before = server.state.view().index;
  const { reply, index } = await plan(server, aJob({ TaskGroups: groups(2) }));
  assert.deepEqual([reply.JobModifyIndex, index], [0, 0]);
  assert.equal(reply.Annotations?.DesiredTGUpdates.app?.Place, 2);
  assert.deepEqual(
    [reply.Diff?.Type, reply.Diff?.TaskGroups[0]?.Updates],
    ["Added", Object.assign(Object.create(null), { create: 2 })],
  );
  assert.deepEqual([Object.keys(reply.FailedTGAllocs), reply.CreatedEvals, reply.NextPeriodicLaunch], [[], [], null]);
  assert.equal(server.state.view().index, before);
  assert.equal(server.state.view().jobs.size, 0);
  await server.close();
});

test("the plan of a job that is there counts what would be kept, changed, made and stopped", () =>
  withRunning(async (server, index) => {
    const expected = (fields: object, diff: object) => ({ ...fields, diff: Object.assign(Object.create(null), diff) });
    const same = await plan(server, aJob({ TaskGroups: groups(2) }));
    assert.deepEqual([same.index, same.reply.JobModifyIndex, same.reply.Diff?.Type], [index, index, "None"]);
    assert.deepEqual(
      await updates(server, aJob({ TaskGroups: groups(2) })),
      expected({ InPlaceUpdate: 2 }, { "in-place update": 2 }),
    );
    assert.deepEqual(
      await updates(server, aJob({ TaskGroups: groups(3) })),
      expected({ InPlaceUpdate: 2, Place: 1 }, { create: 1, "in-place update": 2 }),
    );
    assert.deepEqual(
      await updates(server, aJob({ TaskGroups: groups(1) })),
      expected({ InPlaceUpdate: 1, Stop: 1 }, { destroy: 1, "in-place update": 1 }),
    );
    assert.deepEqual(
      await updates(server, aJob({ TaskGroups: groups(2, { Env: { GREETING: "bye" } }) })),
      expected({ DestructiveUpdate: 2 }, { "create/destroy update": 2 }),
    );
  }));

test("the plan of what does not fit says why, and which evaluation would wait for room", () =>
  withRunning(async (server, index) => {
    const { reply } = await plan(
      server,
      aJob({ TaskGroups: groups(2, { Resources: { CPU: 100, MemoryMB: 9_000_000, DiskMB: 100 } }) }),
    );
    const [created] = reply.CreatedEvals;
    assert.deepEqual(
      [created?.Status, created?.StatusDescription, created?.TriggeredBy, created?.JobModifyIndex],
      ["blocked", "created to place remaining allocations", "job-register", index + 1],
    );
    const failed = reply.FailedTGAllocs.app;
    assert.deepEqual([failed?.NodesExhausted, failed?.DimensionExhausted["memory exhausted"]], [1, 1]);
    assert.equal(server.state.view().evaluations.get(created?.ID ?? ""), undefined);
  }));

test("the plan of a periodic job says when it would be launched next", async () => {
  const server = await testServer();
  await server.withNode();
  const { JobModifyIndex } = await server.register(aPeriodicJob());
  const { reply, index } = await plan(server, aPeriodicJob({}, { Spec: "30 4 1 1 *" }));
  assert.deepEqual([reply.NextPeriodicLaunch, index], ["2026-01-01T04:30:00Z", JobModifyIndex]);
  assert.equal(reply.Annotations?.DesiredTGUpdates.app?.Place, 1);
  const off = await plan(server, aPeriodicJob({}, { Enabled: false }));
  assert.equal(off.reply.NextPeriodicLaunch, null);
  await server.close();
});

test("the difference is told if it is asked for", async () => {
  const server = await testServer();
  assert.equal((await plan(server, aJob(), false)).reply.Diff, null);
  await server.close();
});

test("what cannot be registered cannot be planned", async () => {
  const server = await testServer();
  await assert.rejects(plan(server, null), { name: "RpcError", message: "Job required for plan" });
  await assert.rejects(plan(server, aJob({ Datacenters: [] })), {
    name: "RpcError",
    message: /Missing job datacenters/,
  });
  const restarts = { RestartPolicy: { Attempts: 1, Interval: 60e9, Delay: 1e9, Mode: "delay" } };
  const unknown = aJob({ Type: "dance", TaskGroups: groups(1).map((group) => ({ ...group, ...restarts })) });
  await assert.rejects(plan(server, unknown), { name: "RpcError", message: "unknown scheduler 'dance'" });
  await server.close();
});
