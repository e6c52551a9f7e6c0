import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../model/index.ts";
import { type Change, State, type StateView } from "../../state/index.ts";
import { aNode, anAllocation } from "../testing/makers.ts";
import { capacityGainedBy } from "./capacity.ts";

type Fields = Readonly<Record<string, unknown>>;

const viewWith = (node: Node): StateView => new State().view().assuming((write) => write.put("nodes", node));
const nodeChange = (before: Node | undefined, after: Node | undefined): Change => ({
  table: "nodes",
  key: aNode().ID,
  before,
  after,
});
const allocationChange = (before: Fields | undefined, after: Fields | undefined): Change => ({
  table: "allocations",
  key: anAllocation().ID,
  before: before && anAllocation(before),
  after: after && anAllocation(after),
});

test("a node gives room when it comes to be ready, whatever it was, and when it is described anew", () => {
  const ready = aNode();
  const gained = (before?: Node, after?: Node) => capacityGainedBy(nodeChange(before, after), () => viewWith(ready));
  assert.equal(gained(undefined, ready), "small");
  assert.equal(gained(aNode({ Status: "down" }), ready), "small");
  assert.equal(gained(aNode({ Drain: true }), ready), "small");
  assert.equal(gained(aNode({ Resources: { CPU: 1 } }), ready), "small");
  assert.equal(gained(ready, undefined), undefined);
  assert.equal(gained(ready, aNode({ Status: "down" })), undefined);
  assert.equal(gained(ready, aNode({ SchedulingEligibility: "ineligible" })), undefined);
});

test("an allocation gives room when it ends, once, on a node that can use it", () => {
  const gained = (before?: Fields, after?: Fields, node = aNode()) =>
    capacityGainedBy(allocationChange(before, after), () => viewWith(node));
  const [running, complete] = [{ ClientStatus: "running" }, { ClientStatus: "complete" }];
  assert.equal(gained(running, complete), "small");
  assert.equal(gained(running, { ...running, DesiredStatus: "stop" }), "small");
  assert.equal(gained(running, undefined), "small");
  assert.equal(gained(undefined, running), undefined);
  assert.equal(gained({}, running), undefined);
  assert.equal(gained(complete, undefined), undefined);
  assert.equal(gained(running, { ClientStatus: "lost" }, aNode({ Status: "down" })), undefined);
});

test("what happens to jobs and evaluations gives no room", () => {
  const change: Change = { table: "periodicLaunches", key: "cron", before: undefined, after: undefined };
  assert.equal(
    capacityGainedBy(change, () => viewWith(aNode())),
    undefined,
  );
});
