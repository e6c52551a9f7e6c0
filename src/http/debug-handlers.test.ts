import assert from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "../base/index.ts";
import { type Profiler, ProfileUnderWay } from "../runtime/index.ts";
import { httpWorld } from "./testing/http-world.ts";

function profilerOf(asked: unknown[], more: Partial<Profiler> = {}): Profiler {
  return {
    processor: async (time) => {
      asked.push(["processor", time]);
      return '{"nodes":[]}';
    },
    heap: async (time) => {
      asked.push(["heap", time]);
      return '{"head":{}}';
    },
    trace: async (time) => {
      asked.push(["trace", time]);
      return '{"traceEvents":[]}';
    },
    underWay: () => new Map([["Timeout", 3]]),
    ...more,
  };
}

test("profiles are taken for as long as asked, and may be saved as files of Chrome's", async () => {
  const asked: unknown[] = [];
  const { ask } = await httpWorld({
    agent: { debug: { profiler: profilerOf(asked), commandLine: ["nomad", "agent"] } },
  });
  const profile = await ask("/debug/pprof/profile?seconds=2");
  assert.deepEqual([profile.status, profile.text], [200, '{"nodes":[]}']);
  assert.equal(profile.headers["content-disposition"], 'attachment; filename="nomad.cpuprofile"');
  assert.equal((await ask("/debug/pprof/heap")).text, '{"head":{}}');
  const trace = await ask("/debug/pprof/trace");
  assert.deepEqual([trace.status, trace.text], [200, '{"traceEvents":[]}']);
  assert.equal(trace.headers["content-disposition"], 'attachment; filename="nomad-trace.json"');
  assert.deepEqual(asked, [
    ["processor", seconds(2)],
    ["heap", seconds(30)],
    ["trace", seconds(1)],
  ]);
  assert.equal((await ask("/debug/pprof/cmdline")).text, "nomad\0agent");
  assert.equal((await ask("/debug/pprof/goroutine")).text, "3 Timeout\n");
  assert.match((await ask("/debug/pprof/")).text, /^profile /m);
  assert.equal((await ask("/debug/pprof/symbol")).status, 404);
});

test("nobody can have an agent profile itself for ever", async () => {
  const asked: unknown[] = [];
  const { ask } = await httpWorld({ agent: { debug: { profiler: profilerOf(asked), commandLine: [] } } });
  for (const wrong of ["301", "-1", "0", "x", ""]) {
    const { status, text } = await ask(`/debug/pprof/profile?seconds=${wrong}`);
    assert.deepEqual([status, text], [400, "seconds must be between 0 and 300"], wrong);
  }
  const { status, text } = await ask("/debug/pprof/trace?seconds=31");
  assert.deepEqual([status, text], [400, "seconds must be between 0 and 30"]);
  assert.deepEqual(asked, []);
});

test("a second profile is refused while one is taken", async () => {
  const busy = () => Promise.reject(new ProfileUnderWay());
  const debug = { profiler: profilerOf([], { processor: busy }), commandLine: [] };
  const { status, text } = await (await httpWorld({ agent: { debug } })).ask("/debug/pprof/profile?seconds=1");
  assert.deepEqual([status, text], [500, "Could not take a profile: a profile is being taken already"]);
});

test("there is nothing to debug where the operator has not switched it on", async () => {
  const { ask } = await httpWorld();
  for (const path of ["", "cmdline", "profile", "heap", "goroutine", "trace"]) {
    const { status, text } = await ask(`/debug/pprof/${path}`);
    assert.deepEqual([status, text], [404, "enable_debug is not set"], path);
  }
});
