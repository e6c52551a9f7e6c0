import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
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

test("a trace tells of what was done while it was taken, and can be taken again", async () => {
  const profiler = new NodeProfiler(new NodeClock());
  for (const round of [1, 2]) {
    const traced = profiler.trace(milliseconds(50), never);
    await readFile(fileURLToPath(import.meta.url));
    const { traceEvents } = JSON.parse(await traced) as { traceEvents: { name: string; cat: string; ts: number }[] };
    assert.ok(
      traceEvents.some(({ name, cat }) => name === "open" && cat.includes("node.fs.async")),
      `round ${round}: ${traceEvents.length} events`,
    );
    assert.ok(!traceEvents.some(({ name }) => name.startsWith("PROMISE")));
  }
  const leaving = new AbortController();
  const given = profiler.trace(hours(1), leaving.signal);
  leaving.abort(new Error("gone"));
  await assert.rejects(given, /gone/);
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
