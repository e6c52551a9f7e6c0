import assert from "node:assert/strict";
import { test } from "node:test";
import { ran } from "../testing/console.ts";
import { id, node } from "../testing/samples.ts";

const agent = {
  "GET /v1/nodes": { json: [node("d1")] },
  "GET /v1/agent/self": { json: { stats: { client: { node_id: id("d1") } } } },
  [`PUT /v1/node/${id("d1")}/eligibility`]: { json: { NodeModifyIndex: 9 } },
};

test("a node is given no new work, or some again", async () => {
  for (const [flag, Eligibility] of [
    ["-disable", "ineligible"],
    ["-enable", "eligible"],
  ]) {
    const { code, out, asked } = await ran(`node eligibility ${flag} d1`, { agent });
    assert.equal(code, 0);
    assert.equal(out, `Node "${id("d1")}" scheduling eligibility set: ${Eligibility} for scheduling\n`);
    assert.deepEqual(JSON.parse(asked.at(-1)?.body ?? ""), { NodeID: id("d1"), Eligibility });
  }
  assert.equal((await ran("node eligibility -disable -self", { agent })).code, 0);
});

test("exactly one of the two and one node must be meant", async () => {
  for (const line of ["", "-enable -disable d1", "-enable", "-self -enable d1"])
    assert.match((await ran(`node eligibility ${line}`, { agent })).err, /^Usage: nomad node eligibility /);
  const none = await ran("node eligibility -enable d1", { agent: { "GET /v1/nodes": { json: [] } } });
  assert.equal(none.err, 'No node(s) with prefix or id "d1" found\n');
});
