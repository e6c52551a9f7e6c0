import assert from "node:assert/strict";
import { test } from "node:test";
import { hours, milliseconds } from "../../base/index.ts";
import { ProfileUnderWay } from "../profiler.ts";
import { NodeClock } from "./node-clock.ts";
import { NodeProfiler } from "./node-profiler.ts";

const never = new AbortController().signal;

test("a profile of the processor names what ran, and one of the heap what takes memory", async () => {
  const profiler = new NodeProfiler(new NodeClock());
  const taken = profiler.processor(milliseconds(50), never);
  const { nodes, samples } = JSON.parse(await taken) as { nodes: unknown[]; samples: unknown[] };
  assert.ok(nodes.length > 0 && samples.length > 0);
  const { head } = JSON.parse(await profiler.heap(milliseconds(10), never)) as { head: { children: unknown[] } };
  assert.ok(Array.isArray(head.children));
});

test("there is one profile at a time, and the next when that is given up", async () => {
  const profiler = new NodeProfiler(new NodeClock());
  const leaving = new AbortController();
  const first = profiler.processor(hours(1), leaving.signal);
  await assert.rejects(profiler.heap(milliseconds(1), never), ProfileUnderWay);
  leaving.abort(new Error("gone"));
  await assert.rejects(first, /gone/);
  await profiler.processor(milliseconds(1), never);
});
