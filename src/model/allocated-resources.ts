import { dictionary } from "../base/index.ts";
import type { AllocatedResources, Allocation } from "./allocation.ts";
import type { AllocatedTaskResources, NetworkResource, PortMapping, Resources } from "./resources.ts";
import { withScores } from "./told-scores.ts";

const noNetwork = { Address: "", DNS: null, InterfaceName: "" };

/**
 * An allocation with everything that programs of any version look for: what newer ones read is worked out from what
 * is kept, so that the state need not hold it twice.
 */
export function completeAllocation(allocation: Allocation): Allocation {
  return {
    ...allocation,
    AllocatedResources: allocation.AllocatedResources ?? allocatedResources(allocation),
    SharedResources: allocation.SharedResources ?? sharedResources(allocation),
    NetworkStatus: allocation.NetworkStatus ?? noNetwork,
    Metrics: allocation.Metrics === null ? null : withScores(allocation.Metrics),
  };
}

function allocatedResources({
  TaskResources,
  Job: job,
  TaskGroup: name,
  Resources: total,
}: Allocation): AllocatedResources {
  const tasks = job?.TaskGroups.find((group) => group.Name === name)?.Tasks ?? [];
  const networks = Object.values(TaskResources).flatMap((granted) => granted.Networks);
  return {
    Tasks: dictionary(Object.entries(TaskResources).map(([task, granted]) => [task, ofTask(granted)] as const)),
    TaskLifecycles: dictionary(tasks.map((task) => [task.Name, task.Lifecycle] as const)),
    Shared: { DiskMB: total?.DiskMB ?? 0, Networks: [], Ports: networks.flatMap(portsOf) },
  };
}

function ofTask({ CPU, MemoryMB, MemoryMaxMB, Networks, Devices }: Resources): AllocatedTaskResources {
  return { Cpu: { CpuShares: CPU }, Memory: { MemoryMB, MemoryMaxMB }, Networks, Devices };
}

function portsOf({ IP, ReservedPorts, DynamicPorts }: NetworkResource): PortMapping[] {
  return [...ReservedPorts, ...DynamicPorts].map(({ Label, Value, To }) => ({ Label, Value, To, HostIP: IP }));
}

/** What belongs to no single task: the disk. */
function sharedResources({ Resources: total }: Allocation): Resources {
  return {
    CPU: 0,
    MemoryMB: 0,
    MemoryMaxMB: 0,
    DiskMB: total?.DiskMB ?? 0,
    IOPS: 0,
    Networks: [],
    Devices: [],
  };
}
