import assert from "node:assert/strict";
import { test } from "node:test";
import {
  collectGarbage,
  deregisterJob,
  getClientAllocations,
  getLeader,
  listJobs,
  updateAllocations,
  updateNodeStatus,
} from "../api/index.ts";
import { minutes, seconds } from "../base/index.ts";
import { settled } from "../runtime/index.ts";
import { aJob, aNode, id } from "./testing/makers.ts";
import { testServer } from "./testing/test-server.ts";
import { stateOf } from "./testing/test-world.ts";

test("a server that is alone leads at once, and says so in the words operators know", async () => {
  const server = await testServer({ workers: 2 });
  const { logged } = server.runtime;
  const lines = [
    "[INFO] serf: EventMemberJoin: one.global 127.0.0.1",
    '[INFO] raft: Node at 127.0.0.1:4647 [Follower] entering Follower state (Leader: "")',
    "[INFO] nomad: starting 2 scheduling worker(s) for [service batch system _core]",
    "[INFO] nomad: adding server one.global (Addr: 127.0.0.1:4647) (DC: dc1)",
    "[INFO] raft: Node at 127.0.0.1:4647 [Leader] entering Leader state",
    "[INFO] nomad: cluster leadership acquired",
    "[DEBUG] leader: reconciling job summaries at index: 0",
  ];
  assert.deepEqual(
    logged.filter((line) => lines.includes(line)),
    lines,
  );
  assert.equal((await server.ask(getLeader, {})).reply, "127.0.0.1:4647");
  await server.close();
  assert.deepEqual(logged.slice(logged.indexOf("[INFO] nomad: shutting down server")).slice(0, 2), [
    "[INFO] nomad: shutting down server",
    "[WARN] serf: Shutdown without a Leave",
  ]);
});

test("a scheduler that there is not is told of: else its jobs would wait without a word", async () => {
  const server = await testServer({ workers: 1, schedulers: ["servce", "batch"] });
  const warned = server.runtime.logged.filter((line) => line.includes("no scheduler has such a name"));
  assert.equal(warned.length, 1);
  assert.match(String(warned[0]), /^\[WARN\] nomad: .*servce/);
  await server.close();
});

test("its figures are those of agent-info", async () => {
  const server = await testServer();
  const { nomad, raft, serf } = server.statistics();
  assert.deepEqual(nomad, {
    bootstrap: "false",
    known_regions: "1",
    leader: "true",
    leader_addr: "127.0.0.1:4647",
    server: "true",
  });
  assert.deepEqual(
    [raft?.state, raft?.num_peers, raft?.last_contact, raft?.raft_peers],
    ["Leader", "0", "never", "127.0.0.1:4647"],
  );
  assert.equal(serf?.members, "1");
  await server.close();
});

test("a job is registered, placed, run, reported, stopped and collected", async () => {
  const server = await testServer({ workers: 2 });
  const { clock } = server.runtime;
  const allocations = () => [...server.state.view().allocations.all()];
  const report = async (ClientStatus: string) => {
    const reported = server.ask(updateAllocations, {
      Alloc: allocations().map((allocation) => ({ ...allocation, ClientStatus })),
    });
    await clock.advance(seconds(1));
    await reported;
  };
  await server.withNode();
  await server.register(aJob({ TaskGroups: [{ Name: "app", Count: 3, Tasks: aJob().TaskGroups[0]?.Tasks }] }));
  await clock.advance(seconds(1));
  assert.deepEqual(
    allocations().map(({ NodeID, DesiredStatus }) => [NodeID, DesiredStatus]),
    Array(3).fill([id(1), "run"]),
  );
  const { reply } = await server.ask(getClientAllocations, { NodeID: id(1) }, { allowStale: true });
  assert.deepEqual(
    Object.keys(reply.Allocs).sort(),
    allocations()
      .map(({ ID }) => ID)
      .sort(),
  );

  await report("running");
  const listed = async () =>
    (await server.ask(listJobs, {})).reply.Jobs.map((job) => [job.Status, job.JobSummary?.Summary.app?.Running]);
  assert.deepEqual(await listed(), [["running", 3]]);

  await server.ask(deregisterJob, { JobID: "web", Purge: false });
  await clock.advance(seconds(1));
  assert.ok(allocations().every(({ DesiredStatus }) => DesiredStatus === "stop"));
  await report("complete");
  assert.deepEqual(await listed(), [["dead", 0]]);

  await server.ask(collectGarbage, {});
  await clock.advance(seconds(1));
  const { jobs, evaluations, jobSummaries, nodes } = server.state.view();
  assert.deepEqual([jobs.size, evaluations.size, allocations().length, jobSummaries.size, nodes.size], [0, 0, 0, 0, 1]);
  await server.close();
  assert.deepEqual(server.broken, []);
});

test("a job that does not fit is placed when a node comes", async () => {
  const server = await testServer({ workers: 1 });
  const { clock } = server.runtime;
  await server.register(aJob());
  await clock.advance(seconds(1));
  assert.equal(server.state.view().allocations.size, 0);
  await server.withNode();
  await clock.advance(seconds(1));
  assert.equal(server.state.view().allocations.size, 1);
  await server.close();
});

test("what ran on a node that falls silent is lost, and runs elsewhere", async () => {
  const server = await testServer({ workers: 1 });
  const { clock } = server.runtime;
  await server.withNode();
  await server.register(aJob());
  await clock.advance(seconds(1));
  await server.withNode(aNode({ ID: id(2), Name: "other" }));
  for (let beat = 0; beat < 5; beat++) {
    await server.ask(updateNodeStatus, { NodeID: id(2), Status: "ready" });
    await clock.advance(seconds(10));
  }
  const all = [...server.state.view().allocations.all()].map(({ NodeID, ClientStatus, DesiredStatus }) => [
    NodeID,
    DesiredStatus,
    ClientStatus,
  ]);
  assert.deepEqual(all.sort(), [
    [id(1), "stop", "lost"],
    [id(2), "run", "pending"],
  ]);
  await server.close();
});

test("job ids that differ only in case are one job", async () => {
  const server = await testServer({ workers: 1 });
  await server.withNode();
  await server.register(aJob({ ID: "Web" }));
  await server.runtime.clock.advance(seconds(1));
  await server.register(aJob({ ID: "wEB", Name: "Web" }));
  await server.runtime.clock.advance(seconds(1));
  const view = server.state.view();
  assert.deepEqual(
    [...view.jobs.all()].map(({ ID, CreateIndex, Version }) => [ID, CreateIndex < view.index, Version]),
    [["wEB", true, 1]],
  );
  const running = [...view.allocations.all()].filter(({ DesiredStatus }) => DesiredStatus === "run");
  assert.equal(running.length, 1);
  await server.close();
});

test("it closes promptly whatever it does, and whoever waits is told", async () => {
  const server = await testServer({ workers: 2 });
  const { clock } = server.runtime;
  const waiting = server.ask(listJobs, {}, { minQueryIndex: 1_000 });
  const stale = server.ask(listJobs, {}, { minQueryIndex: 1_000, allowStale: true });
  const reported = server.ask(updateAllocations, { Alloc: [{} as never] });
  await settled();
  const closed = server.close();
  assert.equal(await stateOf(closed), "resolved");
  for (const asked of [waiting, stale, reported])
    await assert.rejects(asked, { name: "RpcError", message: "No cluster leader" });
  await assert.rejects(server.ask(listJobs, {}), /No cluster leader/);
  assert.equal(clock.waiting, 0);
  assert.deepEqual(server.broken, []);
  assert.equal(server.close(), closed);
});

test("a server that never found a leader closes promptly too", async () => {
  const server = await testServer({ bootstrap: false, workers: 2 });
  const held = server.ask(listJobs, {});
  await server.runtime.clock.advance(seconds(1));
  const closed = server.close();
  assert.equal(await stateOf(closed), "resolved");
  await assert.rejects(held, /No cluster leader/);
  assert.equal(server.runtime.clock.waiting, 0);
  assert.deepEqual(server.broken, []);
});

test("an idle server logs nothing and writes nothing", async () => {
  const server = await testServer({ workers: 2 });
  const [lines, { index }] = [server.runtime.logged.length, server.state.view()];
  await server.runtime.clock.advance(minutes(1));
  assert.deepEqual(server.runtime.logged.slice(lines), []);
  assert.equal(server.state.view().index, index);
  await server.close();
});
