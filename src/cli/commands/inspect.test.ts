import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran } from "../testing/console.ts";
import { job, jobStub } from "../testing/samples.ts";

const agent: Replies = {
  "GET /v1/jobs": { json: [jobStub("shop")] },
  "GET /v1/job/shop": { json: job("shop") },
};

test("a job is shown as it would be submitted, or bare with -json", async () => {
  const { code, out } = await ran("inspect shop", { agent });
  assert.equal(code, 0);
  assert.match(out, /^\{\n {4}"Job": \{\n {8}"Region": "global",\n {8}"ID": "shop",/);
  const bare = await ran("inspect -json shop", { agent });
  assert.match(bare.out, /^\{\n {4}"Region": "global",\n/);
  assert.deepEqual(JSON.parse(out).Job, JSON.parse(bare.out));
});

test("templates see one job, or the list of all", async () => {
  assert.equal((await ran(["inspect", "-t", "{{.ID}} {{.Status}}", "shop"], { agent })).out, "shop running\n");
  assert.equal((await ran(["inspect", "-t", "{{range .}}{{.ID}}{{end}}"], { agent })).out, "shop\n");
  const list = await ran("inspect -json", { agent });
  assert.equal(JSON.parse(list.out)[0].ID, "shop");
});

test("what cannot be shown is told", async () => {
  assert.match((await ran("inspect", { agent })).err, /^Usage: nomad inspect /);
  const none = await ran("inspect nothing", { agent: { "GET /v1/jobs": { json: [] } } });
  assert.deepEqual([none.code, none.err], [1, 'No job(s) with prefix or id "nothing" found\n']);
  const both = await ran("inspect -json -t x shop", { agent });
  assert.equal(both.err, "Error getting formatter: json format does not support template option.\n");
  const refused = await ran("inspect shop", { agent: { ...agent, "GET /v1/job/shop": { status: 500, text: "no" } } });
  assert.equal(refused.err, "Error inspecting job: Unexpected response code: 500 (no)\n");
});
