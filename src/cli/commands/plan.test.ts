import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran } from "../testing/console.ts";
import { evaluation, metric } from "../testing/samples.ts";

const input = `job "shop" {
  datacenters = ["dc1"]
  group "g" { task "t" { driver = "exec" config { command = "/bin/true" } resources {} } }
}`;

const answer = (more: object = {}): Replies => ({
  "PUT /v1/job/shop/plan": {
    json: {
      Annotations: { DesiredTGUpdates: { g: { Place: 0, Stop: 0, Migrate: 0, DestructiveUpdate: 0, Ignore: 1 } } },
      FailedTGAllocs: null,
      JobModifyIndex: 6,
      CreatedEvals: null,
      Diff: { Type: "None", ID: "shop", Fields: null, Objects: null, TaskGroups: null },
      NextPeriodicLaunch: "0001-01-01T00:00:00Z",
      ...more,
    },
  },
});

const hint = (index: number) => `\x1b[0m\x1b[1mJob Modify Index: ${index}\x1b[0m
To submit the job with version verification run:

nomad run -check-index ${index} -

When running the job with the check-index flag, the job will only be run if the
server side version matches the the job modify index returned. If the index has
changed, another user has modified the job and the plan's results are
potentially invalid.\x1b[0m
`;

test("an unchanged job is shown as such and exits with 0", async () => {
  const { code, out } = await ran("plan -", { input, agent: answer() });
  assert.equal(code, 0);
  assert.equal(
    out,
    `\x1b[1mJob: "shop"\x1b[0m

\x1b[1mScheduler dry-run:\x1b[0m\x1b[0m
\x1b[1m\x1b[32m- All tasks successfully allocated.\x1b[0m\x1b[0m

${hint(6)}`,
  );
});

test("allocations that would change make the exit code 1", async () => {
  for (const what of ["Place", "Stop", "Migrate", "DestructiveUpdate"]) {
    const none = { Place: 0, Stop: 0, Migrate: 0, DestructiveUpdate: 0 };
    const Annotations = { DesiredTGUpdates: { a: none, b: { ...none, [what]: 1 } } };
    assert.equal((await ran("plan -", { input, agent: answer({ Annotations }) })).code, 1, what);
  }
});

test("what could not be placed is told as a warning", async () => {
  const FailedTGAllocs = { g: metric({ CoalescedFailures: 1, NodesExhausted: 1 }) };
  const { out } = await ran("plan -", { input, agent: answer({ FailedTGAllocs, JobModifyIndex: 0 }) });
  assert.ok(
    out.endsWith(`\x1b[1m\x1b[33m- WARNING: Failed to place all allocations.\x1b[0m
  \x1b[33mTask Group "g" (failed to place 2 allocations):
\x1b[0m\x1b[33m    * Resources exhausted on 1 nodes\x1b[0m\x1b[0m

${hint(0)}`),
  );
});

test("a rolling update and a periodic launch to come are told", async () => {
  const CreatedEvals = [evaluation("e1", { TriggeredBy: "rolling-update", Wait: 3e9 })];
  const NextPeriodicLaunch = "2027-01-01T00:00:00Z";
  const { out } = await ran("plan -no-color -", {
    input,
    agent: answer({ CreatedEvals, NextPeriodicLaunch }),
    now: 1_795_342_778,
  });
  assert.match(
    out,
    /- All tasks successfully allocated\.\n- Rolling update, next evaluation will be in 3s\.\n- If submitted now, next periodic launch would be at 01\/01\/27 00:00:00 UTC \(949h40m22s from now\)\.\n\n/,
  );
});

test("what would be stopped to make room is listed, or counted where that would be long", async () => {
  const stub = (at: number, more: object = {}) => {
    return { ID: `a${at}`, JobID: "low", Namespace: "default", JobType: "batch", TaskGroup: "g", ...more };
  };
  const shown = async (PreemptedAllocs: readonly object[]) => {
    const Annotations = { DesiredTGUpdates: {}, PreemptedAllocs };
    const { out } = await ran("plan -no-color -", { input, agent: answer({ Annotations }) });
    return out.slice(out.indexOf("Preemptions:"), out.indexOf("Job Modify Index"));
  };
  assert.equal(
    await shown([stub(1), stub(2, { JobID: "other" })]),
    "Preemptions:\n\nAlloc ID  Job ID  Task Group\na1        low     g\na2        other   g\n\n",
  );
  const many = Array.from({ length: 12 }, (_, at) => stub(at));
  assert.equal(
    await shown([stub(20, { JobID: "another", JobType: "service" }), ...many]),
    "Preemptions:\n\nJob ID   Namespace  Job Type  Preemptions\nanother  default    service   1\nlow      default    batch     12\n\n",
  );
  const jobs = Array.from({ length: 12 }, (_, at) =>
    stub(at, { JobID: `j${at}`, JobType: at < 2 ? "service" : "batch" }),
  );
  assert.equal(await shown(jobs), "Preemptions:\n\nJob Type  Preemptions\nbatch     10\nservice   2\n\n");
  assert.equal(await shown([]), "");
});

test("-diff=false asks for no diff and shows none", async () => {
  const { out, asked } = await ran("plan -diff=false -", { input, agent: answer({ Diff: null }) });
  assert.ok(out.startsWith("\x1b[1mScheduler dry-run:"));
  assert.equal(JSON.parse(asked[0]?.body ?? "").Diff, false);
});

test("every error exits with 255", async () => {
  assert.equal((await ran("plan none.nomad")).code, 255);
  const { code, err } = await ran("plan -", { input, agent: { "PUT /v1/job/shop/plan": { status: 500, text: "no" } } });
  assert.deepEqual([code, err], [255, "Error during plan: Unexpected response code: 500 (no)\n"]);
});
