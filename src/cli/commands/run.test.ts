import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran } from "../testing/console.ts";
import { evaluation, id } from "../testing/samples.ts";

const file = (more = "") => `job "shop" {
  datacenters = ["dc1"]
  type = "batch"
  ${more}
  group "g" { task "t" { driver = "exec" config { command = "/bin/true" } resources {} } }
}`;

const agent = (reply: Replies[string] = { json: { EvalID: id("e1") } }): Replies => ({
  "PUT /v1/jobs": reply,
  [`GET /v1/evaluation/${id("e1")}`]: { json: evaluation("e1") },
  [`GET /v1/evaluation/${id("e1")}/allocations`]: { json: [] },
});

test("a job is registered, and then it is told what becomes of it", async () => {
  const { code, out, asked } = await ran("run -", { input: file(), agent: agent() });
  assert.equal(code, 0);
  assert.match(out, /^==> Monitoring evaluation "e1000000"\n[\s\S]*finished with status "complete"\n$/);
  const [registration] = asked;
  assert.equal(registration?.method, "PUT");
  assert.equal(registration?.target, "http://127.0.0.1:4646/v1/jobs?region=global");
  assert.partialDeepStrictEqual(JSON.parse(registration?.body ?? ""), { Job: { ID: "shop", Type: "batch" } });
});

test("the job's own region wins over flag and environment", async () => {
  const variables = { NOMAD_REGION: "us" };
  const { code, asked } = await ran("run -region=eu -", { input: file('region = "asia"'), variables, agent: agent() });
  assert.deepEqual([code, asked.length > 1], [0, true]);
  assert.ok(asked.every(({ target }) => target.includes("region=asia")));
});

test("-detach tells the evaluation's ID and is done", async () => {
  const { code, out, asked } = await ran("run -detach -", { input: file(), agent: agent() });
  assert.deepEqual([code, out], [0, `Job registration successful\nEvaluation ID: ${id("e1")}\n`]);
  assert.equal(asked.length, 1);
});

test("what the servers have to say of a job is told before its evaluation", async () => {
  const registered = {
    EvalID: id("e1"),
    EvalCreateIndex: 7,
    JobModifyIndex: 6,
    Warnings: "1 warning(s):\n\n* too greedy",
  };
  const agent = { "PUT /v1/jobs": { json: registered } };
  const { out } = await ran("run -no-color -detach -", { input: file(), agent });
  assert.equal(
    out,
    `Job Warnings:\n1 warning(s):\n\n* too greedy\n\nJob registration successful\nEvaluation ID: ${id("e1")}\n`,
  );
});

test("-output prints also what 0.4.1 does not know, where the job says it", async () => {
  const input = `job "shop" {
    datacenters = ["dc1"]
    affinity { attribute = "a" value = "b" }
    group "g" {
      spread { attribute = "c" target "d" { percent = 5 } }
      task "t" { driver = "raw_exec" config { command = "a" } resources { memory_max = 50 } }
    }
  }`;
  const { Job } = JSON.parse((await ran("run -output -", { input })).out);
  assert.deepEqual(Job.Affinities, [{ LTarget: "a", RTarget: "b", Operand: "=", Weight: 50 }]);
  const [group] = Job.TaskGroups;
  assert.deepEqual(group.Spreads, [{ Attribute: "c", Weight: 50, SpreadTarget: [{ Value: "d", Percent: 5 }] }]);
  assert.equal(group.Tasks[0].Resources.MemoryMaxMB, 50);
  assert.deepEqual([Object.hasOwn(Job, "Spreads"), Object.hasOwn(group.Tasks[0], "Affinities")], [false, false]);
});

test("of a periodic job the next launch is told", async () => {
  const { code, out } = await ran("run -", {
    input: file('periodic { cron = "0 0 1 1 * *" }'),
    agent: agent({ json: { EvalID: "" } }),
    now: 1_795_342_797,
  });
  assert.equal(code, 0);
  assert.equal(
    out,
    "Job registration successful\nApproximate next launch time: 01/01/27 00:00:00 UTC (949h40m3s from now)\n",
  );
});

test("one that is switched off has no evaluation to follow, and no launch", async () => {
  const { code, out } = await ran("run -", {
    input: file('periodic {\n cron = "0 0 1 1 * *"\n enabled = false\n}'),
    agent: agent({ json: { EvalID: "" } }),
  });
  assert.deepEqual([code, out], [0, "Job registration successful\nApproximate next launch time: never\n"]);
});

test("-output prints what would be sent and asks nobody", async () => {
  const { code, out, asked } = await ran("run -output -", { input: file() });
  assert.equal(code, 0);
  assert.match(out, /^\{\n {4}"Job": \{\n {8}"Region": "global",\n {8}"ID": "shop",\n/);
  assert.match(out, /\n {8}"Status": "",\n/);
  assert.equal(asked.length, 0);
});

test("-check-index is sent, and a mismatch is told in two lines", async () => {
  const { asked } = await ran("run -detach -check-index 0x10 -", { input: file(), agent: agent() });
  assert.equal(asked.length, 0);
  const sent = await ran("run -detach -check-index 16 -", { input: file(), agent: agent() });
  assert.partialDeepStrictEqual(JSON.parse(sent.asked[0]?.body ?? ""), { EnforceIndex: true, JobModifyIndex: 16 });
  const text = "rpc error: Enforcing job modify index 1: job exists with conflicting job modify index: 20";
  const { code, err } = await ran("run -check-index 1 -", { input: file(), agent: agent({ status: 500, text }) });
  assert.equal(code, 1);
  assert.equal(
    err,
    "Enforcing job modify index 1: job exists with conflicting job modify index: 20\nJob not updated\n",
  );
});

test("a check-index that is no number is refused", async () => {
  const { code, err } = await ran("run -check-index x -", { input: file(), agent: agent() });
  assert.equal(code, 1);
  assert.equal(err, 'Error parsing check-index value "x": strconv.ParseUint: parsing "x": invalid syntax\n');
});

test("what the servers refuse is told", async () => {
  const { code, err } = await ran("run -", {
    input: file(),
    agent: agent({ status: 500, text: "1 error(s) occurred:\n\n* no" }),
  });
  assert.equal(code, 1);
  assert.equal(err, "Error submitting job: Unexpected response code: 500 (1 error(s) occurred:\n\n* no)\n");
});

test("T52: keys of a job file are data to its end", async () => {
  const meta = 'meta { "__proto__" = "p" constructor = "c" }';
  const { asked } = await ran("run -detach -", { input: file(meta), agent: agent() });
  assert.match(asked[0]?.body ?? "", /"Meta":\{"__proto__":"p","constructor":"c"\}/);
});
