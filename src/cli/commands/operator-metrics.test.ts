import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";

const summary = {
  Timestamp: "2026-11-22 09:07:50 +0000 UTC",
  Gauges: [{ Name: "nomad.broker.total_ready", Value: 3, Labels: { host: "vm" } }],
  Points: [],
  Counters: [],
  Samples: [],
};

test("metrics are shown as the agent writes them", async () => {
  const agent = { "GET /v1/metrics": { json: summary } };
  const plain = await ran("operator metrics", { agent });
  assert.deepEqual([plain.code, plain.out], [0, `${JSON.stringify(summary)}\n`]);
  const { asked } = await ran("operator metrics -pretty", { agent });
  assert.match(asked[0]!.target, /[?&]pretty=1/);
});

test("in another format they are the agent's text", async () => {
  const agent = { "GET /v1/metrics": { status: 200, text: "nomad_up 1\n" } };
  const { code, out, asked } = await ran("operator metrics -format=prometheus", { agent });
  assert.deepEqual([code, out], [0, "nomad_up 1\n"]);
  assert.match(asked[0]!.target, /[?&]format=prometheus/);
});

test("metrics are data, in the order of 1.x, and a template may pick from them", async () => {
  const agent = { "GET /v1/metrics": { json: summary } };
  const { out } = await ran("operator metrics -json", { agent });
  assert.deepEqual(Object.keys(JSON.parse(out)), ["Timestamp", "Gauges", "Points", "Counters", "Samples"]);
  const picked = await ran(["operator", "metrics", "-t", "{{range .Gauges}}{{.Name}} {{.Value}}{{end}}"], { agent });
  assert.equal(picked.out, "nomad.broker.total_ready 3\n");
});

test("what the agent refuses is told", async () => {
  const agent = { "GET /v1/metrics": { status: 415, text: "Prometheus is not enabled" } };
  const { code, err } = await ran("operator metrics -format=prometheus", { agent });
  assert.equal(code, 1);
  assert.match(err, /^Error querying metrics: Unexpected response code: 415 \(Prometheus is not enabled\)/);
});
