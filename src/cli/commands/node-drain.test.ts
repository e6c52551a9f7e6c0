import assert from "node:assert/strict";
import { test } from "node:test";
import { type Replies, ran } from "../testing/console.ts";
import { id, node } from "../testing/samples.ts";

const agent: Replies = {
  "GET /v1/nodes": { json: [node("d0")] },
  [`PUT /v1/node/${id("d0")}/drain`]: { json: {} },
  "GET /v1/agent/self": { json: { stats: { client: { node_id: id("d0") } } } },
};

test("draining begins and ends in silence", async () => {
  for (const line of [`node-drain -enable ${id("d0")}`, "node-drain -enable -yes d0", "node-drain -enable -self"]) {
    const { code, out, err, asked } = await ran(line, { agent });
    assert.deepEqual([code, out, err], [0, "", ""], line);
    assert.match(asked.at(-1)!.target, /\/drain\?enable=true$/);
  }
  const { asked } = await ran("node-drain -disable -self", { agent });
  assert.match(asked.at(-1)!.target, /\/drain\?enable=false$/);
});

test("by its name of 1.x it says what it has done, and takes the flags by which one does not wait for the end", async () => {
  const { out } = await ran(`node drain -enable -force -detach ${id("d0")}`, { agent });
  assert.equal(out, `Node "${id("d0")}" drain strategy set\n`);
  for (const flag of ["-deadline=1h30m", "-no-deadline"]) {
    const { code, asked } = await ran(`node drain -enable ${flag} ${id("d0")}`, { agent });
    assert.equal(code, 0);
    assert.match(asked.at(-1)!.target, /\/drain\?enable=true$/);
  }
  const off = await ran("node drain -disable -self", { agent });
  assert.equal(off.out, `Node "${id("d0")}" drain strategy unset\n`);
});

test("a deadline that is none is refused before anything is changed", async () => {
  for (const deadline of ["soon", "-1h", "0s"]) {
    const { code, err, asked } = await ran(`node drain -enable -deadline=${deadline} ${id("d0")}`, { agent });
    assert.deepEqual([code, err, asked], [1, `Failed to parse deadline "${deadline}": it is no duration\n`, []]);
  }
});

test("the beginning of an ID must be confirmed", async () => {
  const { code, out, asked } = await ran("node-drain -disable d0", { agent, input: "n\n" });
  assert.equal(code, 0);
  const question = `Are you sure you want to disable drain mode for node "${id("d0")}"? [y/N] `;
  assert.equal(out, `${question}Canceling drain toggle\n`);
  assert.ok(asked.every(({ method }) => method === "GET"));
});

test("exactly one of -enable and -disable, and of node and -self, must be given", async () => {
  const lines = [
    "node-drain d0",
    "node-drain -enable -disable d0",
    "node-drain -enable",
    "node-drain -enable -self d0",
  ];
  for (const line of lines) assert.match((await ran(line, { agent })).err, /^Usage: nomad node-drain /, line);
});

test("none and several matches are told, those with their whole IDs", async () => {
  const none = await ran("node-drain -enable 12", { agent: { "GET /v1/nodes": { json: [] } } });
  assert.deepEqual([none.code, none.err], [1, 'No node(s) with prefix or id "12" found\n']);
  const json = [node("d1"), node("d2")];
  const { code, out } = await ran("node-drain -enable d0", { agent: { "GET /v1/nodes": { json } } });
  assert.equal(code, 0);
  assert.match(out, /^Prefix matched multiple nodes\n\nID {36}Datacenter {2}Name {2}Class {3}Drain {2}Status\n/);
  assert.ok(out.includes(`\n${id("d2")}  dc1         vm    <none>  false  ready\n`));
});

test("what the servers refuse is told", async () => {
  const refusing = { ...agent, [`PUT /v1/node/${id("d0")}/drain`]: { status: 500, text: "node not found" } };
  const { code, err } = await ran(`node-drain -enable ${id("d0")}`, { agent: refusing });
  assert.deepEqual([code, err], [1, "Error toggling drain mode: Unexpected response code: 500 (node not found)\n"]);
});
