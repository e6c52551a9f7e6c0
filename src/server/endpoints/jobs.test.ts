import assert from "node:assert/strict";
import { test } from "node:test";
import {
  deregisterJob,
  evaluateJob,
  forcePeriodic,
  forgetJobs,
  getJob,
  getJobAllocations,
  getJobEvaluations,
  getJobSummary,
  listJobs,
  registerJob,
} from "../../api/index.ts";
import { seconds } from "../../base/index.ts";
import { type Job, job } from "../../model/index.ts";
import { jobKey, jobRegister } from "../../state/index.ts";
import { aJob, aPeriodicJob, oneTask } from "../testing/makers.ts";
import { type TestServer, testServer } from "../testing/test-server.ts";

const refusal = (message: string | RegExp) => ({ name: "RpcError", message });

async function serving(work: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await testServer();
  await work(server);
  await server.close();
  assert.deepEqual(server.broken, []);
}

const register = (server: TestServer, Job: Job | null, check?: number) =>
  server.ask(registerJob, { Job, EnforceIndex: check !== undefined, JobModifyIndex: check ?? 0 });
const stored = (server: TestServer, id = "web") => server.state.view().jobs.get(jobKey("default", id));
const evaluationOf = (server: TestServer, ID: string) => server.state.view().evaluations.get(ID);

test("a job is registered with an evaluation, in one entry, and the answer says where", () =>
  serving(async (server) => {
    const { reply, index } = await register(server, aJob({ Priority: 70, Type: "batch" }));
    assert.deepEqual([reply.EvalCreateIndex, reply.JobModifyIndex], [index, index]);
    const { JobID, Type, Priority, TriggeredBy, Status, JobModifyIndex } =
      evaluationOf(server, reply.EvalID) ?? assert.fail();
    assert.deepEqual([JobID, Type, Priority, TriggeredBy, Status], ["web", "batch", 70, "job-register", "pending"]);
    assert.equal(JobModifyIndex, index);
    assert.equal(stored(server)?.JobModifyIndex, index);
  }));

test("what its author leaves to the servers is filled in", () =>
  serving(async (server) => {
    const sparse = job.parse({
      ID: "web",
      Datacenters: ["dc1"],
      TaskGroups: [{ Name: "app", Count: 1, Tasks: [oneTask] }],
    });
    await register(server, sparse);
    const kept = stored(server);
    assert.deepEqual([kept?.Name, kept?.Type, kept?.Namespace, kept?.Region], ["web", "service", "default", "global"]);
    assert.equal(kept?.TaskGroups[0]?.Tasks[0]?.KillTimeout, 5e9);
  }));

test("a job that cannot run is refused with all that is wrong with it", () =>
  serving(async (server) => {
    await assert.rejects(register(server, null), refusal("missing job for registration"));
    await assert.rejects(register(server, aJob({ ID: "a b", Datacenters: [] })), (error: Error) => {
      assert.match(error.message, /^2 error\(s\) occurred:\n\n\* Job ID contains a space\n\* Missing job datacenters/);
      return true;
    });
    await assert.rejects(register(server, aJob({ Type: "_core" })), refusal(/job type cannot be core/));
    await assert.rejects(register(server, aJob({ Namespace: "other" })), refusal('nonexistent namespace "other"'));
    assert.equal(server.state.view().jobs.size, 0);
  }));

test("a periodic job is registered without an evaluation, and told without an index", () =>
  serving(async (server) => {
    const { reply, index } = await register(server, aPeriodicJob());
    assert.deepEqual([reply.EvalID, reply.EvalCreateIndex, index], ["", 0, 0]);
    assert.equal(stored(server, "cron")?.JobModifyIndex, reply.JobModifyIndex);
    assert.equal(server.state.view().evaluations.size, 0);
  }));

test("who enforces an index registers only what nobody else has changed", () =>
  serving(async (server) => {
    await assert.rejects(register(server, aJob(), 7), refusal("Enforcing job modify index 7: job does not exist"));
    const { reply } = await register(server, aJob(), 0);
    await assert.rejects(register(server, aJob(), 0), refusal("Enforcing job modify index 0: job already exists"));
    const present = reply.JobModifyIndex;
    await assert.rejects(
      register(server, aJob(), 99),
      refusal(`Enforcing job modify index 99: job exists with conflicting job modify index: ${present}`),
    );
    assert.ok((await register(server, aJob(), present)).reply.JobModifyIndex > present);
  }));

test("of two who enforce the same index at the same time one is refused", () =>
  serving(async (server) => {
    const { JobModifyIndex } = (await register(server, aJob())).reply;
    const both = await Promise.allSettled([1, 2].map(() => register(server, aJob({ ID: "WEB" }), JobModifyIndex)));
    assert.deepEqual(
      both.map(({ status }) => status),
      ["fulfilled", "rejected"],
    );
  }));

test("a job is stopped by an evaluation for services, whatever it was", () =>
  serving(async (server) => {
    await register(server, aJob({ Type: "system", Priority: 90 }));
    const { reply, index } = await server.ask(deregisterJob, { JobID: "WEB", Purge: false });
    const { JobID, Type, Priority, TriggeredBy, JobModifyIndex } = evaluationOf(server, reply.EvalID) ?? assert.fail();
    assert.deepEqual([JobID, Type, Priority, TriggeredBy], ["web", "service", 50, "job-deregister"]);
    assert.deepEqual([reply.EvalCreateIndex, reply.JobModifyIndex, JobModifyIndex], [index, index, index]);
    assert.equal(stored(server)?.Stop, true);
  }));

test("a job that is purged is gone", () =>
  serving(async (server) => {
    await register(server, aJob());
    await server.ask(deregisterJob, { JobID: "web", Purge: true });
    assert.equal(stored(server), undefined);
    assert.deepEqual((await server.ask(getJob, { JobID: "web" })).reply, { Job: null });
  }));

test("a job that nobody knows is stopped too: it may have left allocations", () =>
  serving(async (server) => {
    const { reply } = await server.ask(deregisterJob, { JobID: "gone", Purge: true });
    assert.equal(evaluationOf(server, reply.EvalID)?.JobID, "gone");
    await assert.rejects(server.ask(deregisterJob, { JobID: "", Purge: true }), refusal(/missing job ID/));
    const elsewhere = server.ask(deregisterJob, { JobID: "web", Purge: true }, { namespace: "other" });
    await assert.rejects(elsewhere, refusal('nonexistent namespace "other"'));
  }));

test("to stop a periodic job needs no evaluation", () =>
  serving(async (server) => {
    await register(server, aPeriodicJob());
    const { reply, index } = await server.ask(deregisterJob, { JobID: "cron", Purge: false });
    assert.deepEqual([reply.EvalID, reply.EvalCreateIndex, index], ["", 0, 0]);
    assert.equal(stored(server, "cron")?.Stop, true);
  }));

test("a job can be looked at anew, unless the clock launches it", () =>
  serving(async (server) => {
    const { JobModifyIndex } = (await register(server, aJob())).reply;
    const { reply, index } = await server.ask(evaluateJob, { JobID: "web" });
    assert.deepEqual([reply.EvalCreateIndex, reply.JobModifyIndex], [index, stored(server)?.ModifyIndex]);
    const evaluation = evaluationOf(server, reply.EvalID);
    assert.deepEqual([evaluation?.TriggeredBy, evaluation?.JobModifyIndex], ["job-register", JobModifyIndex]);
    await assert.rejects(server.ask(evaluateJob, { JobID: "" }), refusal("missing job ID for evaluation"));
    await assert.rejects(server.ask(evaluateJob, { JobID: "gone" }), { ...refusal("job not found"), code: 404 });
    await register(server, aPeriodicJob({}, { Enabled: false }));
    await assert.rejects(server.ask(evaluateJob, { JobID: "cron" }), refusal("can't evaluate periodic job"));
  }));

test("a periodic job can be launched by hand while its clock runs", () =>
  serving(async (server) => {
    await register(server, aPeriodicJob());
    const { reply, index } = await server.ask(forcePeriodic, { JobID: "cron" });
    const evaluation = evaluationOf(server, reply.EvalID);
    assert.deepEqual([reply.EvalCreateIndex, evaluation?.CreateIndex], [index, index]);
    assert.equal(stored(server, evaluation?.JobID)?.ParentID, "cron");
    await register(server, aJob());
    await assert.rejects(server.ask(forcePeriodic, { JobID: "web" }), refusal("can't force launch non-periodic job"));
    await assert.rejects(server.ask(forcePeriodic, { JobID: "gone" }), refusal("job not found"));
    await assert.rejects(server.ask(forcePeriodic, { JobID: "" }), refusal("missing job ID for evaluation"));
    await server.ask(deregisterJob, { JobID: "cron", Purge: false });
    await assert.rejects(
      server.ask(forcePeriodic, { JobID: "cron" }),
      refusal(`force launch for job "cron" failed: can't force run non-tracked job cron`),
    );
  }));

test("jobs that are done with are forgotten without a word to a scheduler", () =>
  serving(async (server) => {
    await register(server, aPeriodicJob());
    await server.ask(deregisterJob, { JobID: "cron", Purge: false });
    await server.ask(forgetJobs, { Jobs: [{ Namespace: "default", ID: "cron" }] });
    assert.deepEqual([server.state.view().jobs.size, server.state.view().evaluations.size], [0, 0]);
  }));

test("jobs are listed by prefix in the order of their ids, with their summaries", () =>
  serving(async (server) => {
    for (const ID of ["web", "api", "Web-2", "db"]) await register(server, aJob({ ID }));
    const list = async (prefix: string) => {
      const { reply, index } = await server.ask(listJobs, {}, { prefix });
      assert.equal(index, server.state.view().jobs.lastIndex);
      return reply.Jobs.map(({ ID, JobSummary }) => [ID, JobSummary?.JobID]);
    };
    assert.deepEqual(
      await list(""),
      ["api", "db", "web", "Web-2"].map((ID) => [ID, ID]),
    );
    assert.deepEqual(await list("WEB"), [
      ["web", "web"],
      ["Web-2", "Web-2"],
    ]);
    assert.deepEqual(await list("x"), []);
    assert.deepEqual((await server.ask(listJobs, {}, { namespace: "other" })).reply.Jobs, []);
  }));

test("a list of jobs that is waited for is told when a job of it changes, or its summary", () =>
  serving(async (server) => {
    await register(server, aJob());
    await register(server, aJob({ ID: "db" }));
    const { index } = server.state.view();
    const [all, some] = ["", "web"].map((prefix) => server.ask(listJobs, {}, { prefix, minQueryIndex: index }));
    await server.withNode();
    await register(server, aJob({ ID: "db" }));
    assert.ok(((await all)?.index ?? 0) > index);
    await register(server, aJob());
    assert.ok(((await some)?.index ?? 0) > index);
  }));

test("what there is of a job is found in whatever case it is asked for", () =>
  serving(async (server) => {
    const { EvalID, JobModifyIndex } = (await register(server, aJob())).reply;
    const found = await server.ask(getJob, { JobID: "wEB" });
    assert.deepEqual([found.reply.Job?.ID, found.index], ["web", JobModifyIndex]);
    const summary = await server.ask(getJobSummary, { JobID: "WEB" });
    assert.deepEqual([summary.reply.JobSummary?.JobID, summary.index], ["web", JobModifyIndex]);
    const evaluations = await server.ask(getJobEvaluations, { JobID: "WEB" });
    assert.deepEqual(
      [evaluations.reply.Evaluations.map(({ ID }) => ID), evaluations.index],
      [[EvalID], JobModifyIndex],
    );
    assert.deepEqual((await server.ask(getJobAllocations, { JobID: "WEB" })).reply, { Allocations: [] });
  }));

test("of a job that is not there the index of its table is told, so that its coming can be waited for", () =>
  serving(async (server) => {
    await register(server, aJob({ ID: "db" }));
    const missing = await server.ask(getJob, { JobID: "web" });
    assert.deepEqual([missing.reply, missing.index], [{ Job: null }, server.state.view().jobs.lastIndex]);
    const coming = server.ask(getJob, { JobID: "web" }, { minQueryIndex: missing.index, maxQueryTime: seconds(60) });
    await register(server, aJob());
    assert.equal((await coming).reply.Job?.ID, "web");
    assert.deepEqual((await server.ask(getJobSummary, { JobID: "no" })).reply, { JobSummary: null });
  }));

test("a change of one job waits for the one before, of another job it does not", () =>
  serving(async (server) => {
    const order: string[] = [];
    const { propose } = server.state;
    server.state.propose = (command, request) => {
      if (command.name === jobRegister.name) order.push((request as { Job: Job }).Job.ID);
      return propose.call(server.state, command as never, request);
    };
    await Promise.all([
      register(server, aJob()),
      register(server, aJob({ ID: "WEB" })),
      register(server, aJob({ ID: "db" })),
    ]);
    assert.deepEqual(order, ["web", "db", "WEB"]);
  }));
