import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";

test("servers are asked to put their state in order, and nothing is said when they do", async () => {
  for (const [line, path] of [
    ["system gc", "/v1/system/gc"],
    ["system reconcile summaries", "/v1/system/reconcile/summaries"],
  ] as const) {
    const done = await ran(line, { agent: { [`PUT ${path}`]: { status: 200, text: "" } } });
    assert.deepEqual([done.code, done.out, done.err], [0, "", ""]);
    const refused = await ran(line, { agent: { [`PUT ${path}`]: { status: 500, text: "No cluster leader" } } });
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^Error running system .*: Unexpected response code: 500 \(No cluster leader\)\n$/);
    assert.match((await ran(`${line} x`)).err, /^Usage: nomad system /);
  }
});
