import assert from "node:assert/strict";
import { test } from "node:test";
import { milliseconds, nanoseconds } from "../../base/index.ts";
import { unifiedUsage, usageByController } from "./group-usage.ts";

const files = (texts: Record<string, string>) => (name: string) => texts[name] ?? "";

test("usage is read from the controllers of version 1", () => {
  const usage = usageByController({
    memory: files({
      "memory.stat": "cache 2\nrss 1\nswap 3\ntotal_rss 9\n",
      "memory.usage_in_bytes": "4\n",
      "memory.max_usage_in_bytes": "5\n",
      "memory.kmem.usage_in_bytes": "6\n",
      "memory.kmem.max_usage_in_bytes": "7\n",
    }),
    cpu: files({ "cpu.stat": "nr_periods 9\nnr_throttled 8\nthrottled_time 123456789\n" }),
    cpuacct: files({ "cpuacct.stat": "user 150\nsystem 20\n" }),
  });
  assert.deepEqual(usage, {
    residentBytes: 1,
    cacheBytes: 2,
    swapBytes: 3,
    usageBytes: 4,
    maxUsageBytes: 5,
    kernelBytes: 6,
    kernelMaxBytes: 7,
    userTime: milliseconds(1_500),
    systemTime: milliseconds(200),
    throttledPeriods: 8,
    throttledTime: nanoseconds(123_456_789),
  });
});

test("usage is read from the one directory of version 2", () => {
  const usage = unifiedUsage(
    files({
      "memory.stat": "anon 1\nfile 2\nkernel 6\n",
      "memory.swap.current": "3\n",
      "memory.current": "4\n",
      "memory.peak": "5\n",
      "cpu.stat": "usage_usec 1700000\nuser_usec 1500000\nsystem_usec 200000\nnr_throttled 8\nthrottled_usec 1000\n",
    }),
  );
  assert.deepEqual(usage, {
    residentBytes: 1,
    cacheBytes: 2,
    swapBytes: 3,
    usageBytes: 4,
    maxUsageBytes: 5,
    kernelBytes: 6,
    kernelMaxBytes: 0,
    userTime: milliseconds(1_500),
    systemTime: milliseconds(200),
    throttledPeriods: 8,
    throttledTime: milliseconds(1),
  });
});
