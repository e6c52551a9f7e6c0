import { microseconds, milliseconds, nanoseconds } from "../../base/index.ts";
import type { GroupUsage } from "../processes.ts";

/** Gives the text of a file in a group's directory; empty when there is none. */
type GroupFiles = (name: string) => string;

/** Version 1: each controller counts in a directory of its own. */
export function usageByController(files: Record<"memory" | "cpu" | "cpuacct", GroupFiles>): GroupUsage {
  const memory = counters(files.memory("memory.stat"));
  const cpu = counters(files.cpu("cpu.stat"));
  // In hundredths of a second.
  const times = counters(files.cpuacct("cpuacct.stat"));
  return {
    residentBytes: memory("rss"),
    cacheBytes: memory("cache"),
    swapBytes: memory("swap"),
    usageBytes: Number(files.memory("memory.usage_in_bytes")),
    maxUsageBytes: Number(files.memory("memory.max_usage_in_bytes")),
    kernelBytes: Number(files.memory("memory.kmem.usage_in_bytes")),
    kernelMaxBytes: Number(files.memory("memory.kmem.max_usage_in_bytes")),
    userTime: milliseconds(times("user") * 10),
    systemTime: milliseconds(times("system") * 10),
    throttledPeriods: cpu("nr_throttled"),
    throttledTime: nanoseconds(cpu("throttled_time")),
  };
}

/** Version 2: all in one directory. What the kernel's own part reached at most it does not tell. */
export function unifiedUsage(file: GroupFiles): GroupUsage {
  const memory = counters(file("memory.stat"));
  const cpu = counters(file("cpu.stat"));
  return {
    residentBytes: memory("anon"),
    cacheBytes: memory("file"),
    swapBytes: Number(file("memory.swap.current")),
    usageBytes: Number(file("memory.current")),
    maxUsageBytes: Number(file("memory.peak")),
    kernelBytes: memory("kernel"),
    kernelMaxBytes: 0,
    userTime: microseconds(cpu("user_usec")),
    systemTime: microseconds(cpu("system_usec")),
    throttledPeriods: cpu("nr_throttled"),
    throttledTime: microseconds(cpu("throttled_usec")),
  };
}

/** Lines of name and number, as a function that gives the number; 0 for a name that is not there. */
function counters(text: string): (name: string) => number {
  const lines = `\n${text}`;
  return (name) => {
    const at = lines.indexOf(`\n${name} `);
    return at < 0 ? 0 : Number.parseInt(lines.slice(at + name.length + 2), 10);
  };
}
