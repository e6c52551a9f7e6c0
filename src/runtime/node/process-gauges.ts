import { PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Gauge, Metrics } from "../metrics.ts";

/** What an object takes on a server's heap on the average, with what belongs to it: V8 does not count them. */
const bytesPerObject = 50;

const names = {
  active: ["runtime", "num_goroutines"],
  allocated: ["runtime", "alloc_bytes"],
  system: ["runtime", "sys_bytes"],
  objects: ["runtime", "heap_objects"],
  paused: ["runtime", "total_gc_pause_ns"],
  collections: ["runtime", "total_gc_runs"],
};
const gcPause = ["runtime", "gc_pause_ns"];

/**
 * Measures this process under the names that speak of Go's runtime: what V8 and its surroundings hold, how often garbage
 * was collected and how long everything stood still for it, and, for goroutines, what is under way outside the one thread. The
 * returned function ends that.
 */
export function measureProcess(metrics: Metrics): () => void {
  let [pausedNanoseconds, collections] = [0, 0];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      metrics.sample(gcPause, duration * 1e6);
      pausedNanoseconds += duration * 1e6;
      collections++;
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  const unseen = metrics.observe(function* (): Iterable<Gauge> {
    const { used_heap_size, external_memory, malloced_memory } = getHeapStatistics();
    yield { name: names.active, value: process.getActiveResourcesInfo().length };
    yield { name: names.allocated, value: used_heap_size + external_memory + malloced_memory };
    yield { name: names.system, value: process.memoryUsage.rss() };
    yield { name: names.objects, value: Math.round(used_heap_size / bytesPerObject) };
    yield { name: names.paused, value: Math.round(pausedNanoseconds) };
    yield { name: names.collections, value: collections };
  });
  return () => {
    observer.disconnect();
    unseen();
  };
}
