import { deepEqual } from "../../base/index.ts";
import type { NetworkResource, Resources, Task, TaskGroup } from "../../model/index.ts";

/**
 * True if running tasks cannot become those of `after`: they must be stopped and started anew. What is not compared
 * here (services, constraints, timeouts, logging, counts, …) changes in place.
 */
export function mustRestart(before: TaskGroup, after: TaskGroup): boolean {
  if (before.Tasks.length !== after.Tasks.length) return true;
  return after.Tasks.some((task) => {
    const earlier = before.Tasks.find(({ Name }) => Name === task.Name);
    return earlier === undefined || !deepEqual(essence(earlier), essence(task));
  });
}

/** Of a task what its process depends on. */
function essence(task: Task) {
  const { Driver, User, Config, Env, Meta, Artifacts, Resources: ask } = task;
  return { Driver, User, Config, Env, Meta, Artifacts, ...(ask === null ? undefined : essentialResources(ask)) };
}

function essentialResources({ CPU, MemoryMB, MemoryMaxMB, DiskMB, IOPS, Networks }: Resources) {
  return { CPU, MemoryMB, MemoryMaxMB, DiskMB, IOPS, Networks: Networks.map(essentialNetwork) };
}

/** Ports by label; which number a dynamic port has got is no change. */
function essentialNetwork({ MBits, ReservedPorts, DynamicPorts }: NetworkResource) {
  const ports = new Map([
    ...ReservedPorts.map(({ Label, Value }) => [Label, Value] as const),
    ...DynamicPorts.map(({ Label }) => [Label, -1] as const),
  ]);
  return { MBits, ports: [...ports].sort(([a], [b]) => (a < b ? -1 : 1)) };
}
