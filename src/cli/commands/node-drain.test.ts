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

/** Drains for as many looks as `looks` says. */
function draining(looks: number): Replies {
  let seen = 0;
  const look = () => ({ json: node("d0", { Drain: seen++ < looks }), index: 7 + seen });
  const target = `GET /v1/node/${id("d0")}`;
  return { ...agent, [target]: look };
}

const bodies = (asked: readonly { readonly method: string; readonly body?: string }[]) =>
  asked.filter(({ method }) => method === "PUT").map(({ body }) => JSON.parse(body ?? ""));

test("by its name of 1.x it begins a drain that ends by itself, and waits for that", async () => {
  const { code, out, asked, slept } = await ran(`node drain -enable ${id("d0")}`, { agent: draining(2) });
  assert.deepEqual(
    [code, out, slept],
    [0, `Node "${id("d0")}" drain strategy set\nNode "${id("d0")}" is not draining any more\n`, []],
  );
  const DrainSpec = { Deadline: 3600e9, IgnoreSystemJobs: false };
  assert.deepEqual(bodies(asked), [{ NodeID: id("d0"), DrainSpec, MarkEligible: true, Meta: {} }]);
  const queries = asked.map(({ target }) => target.split("?")[1] ?? "").slice(-2);
  assert.deepEqual(queries, ["index=8&wait=1m0s", "index=9&wait=1m0s"]);
});

test("flags say how long the drain may take, and what it leaves alone", async () => {
  const specs = {
    "-deadline=1h30m": { Deadline: 5400e9, IgnoreSystemJobs: false },
    "-no-deadline": { Deadline: 0, IgnoreSystemJobs: false },
    "-force -ignore-system": { Deadline: -1e9, IgnoreSystemJobs: true },
  };
  for (const [flags, DrainSpec] of Object.entries(specs)) {
    const { code, out, asked } = await ran(`node drain -enable -detach ${flags} ${id("d0")}`, { agent });
    assert.deepEqual([code, out], [0, `Node "${id("d0")}" drain strategy set\n`]);
    assert.deepEqual(bodies(asked), [{ NodeID: id("d0"), DrainSpec, MarkEligible: true, Meta: {} }]);
  }
  const both = await ran(`node drain -enable -force -no-deadline ${id("d0")}`, { agent });
  const said = "Only one of -deadline, -no-deadline and -force can be given\n";
  assert.deepEqual([both.code, both.err, both.asked], [1, said, []]);
});

test("a drain is ended with the node eligible, unless it is to be kept closed", async () => {
  for (const flag of ["", "-keep-ineligible "]) {
    const { out, asked } = await ran(`node drain -disable ${flag}-self`, { agent });
    assert.equal(out, `Node "${id("d0")}" drain strategy unset\n`);
    assert.deepEqual(bodies(asked), [{ NodeID: id("d0"), DrainSpec: null, MarkEligible: flag === "", Meta: {} }]);
  }
});

test("a drain can be waited for that somebody else began", async () => {
  const { code, out, asked } = await ran(`node drain -monitor ${id("d0")}`, { agent: draining(1) });
  assert.deepEqual([code, out, bodies(asked)], [0, `Node "${id("d0")}" is not draining any more\n`, []]);
});

test("what a drain is for is sent with it", async () => {
  const line = [
    "node",
    "drain",
    "-enable",
    "-detach",
    "-m",
    "new disk",
    "-meta",
    "by=ann",
    "-meta",
    "url=a=b",
    id("d0"),
  ];
  const { code, asked } = await ran(line, { agent });
  assert.equal(code, 0);
  assert.deepEqual(bodies(asked)[0].Meta, { by: "ann", url: "a=b", message: "new disk" });
  const misread = await ran(`node drain -enable -meta ann ${id("d0")}`, { agent });
  assert.deepEqual([misread.code, misread.err], [1, 'Failed to parse meta "ann": it is no <key>=<value>\n']);
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
