import type { NetworkResource, Resources } from "../../model/index.ts";

const nothing: Resources = {
  CPU: 0,
  MemoryMB: 0,
  MemoryMaxMB: 0,
  DiskMB: 0,
  IOPS: 0,
  Networks: [],
  Devices: [],
};

/** What the tasks of an allocation were granted, taken together. Networks of one device are added up. */
export function grantedResources(tasks: Iterable<Resources>): Resources {
  let sum = nothing;
  for (const task of tasks) {
    sum = {
      CPU: sum.CPU + task.CPU,
      MemoryMB: sum.MemoryMB + task.MemoryMB,
      MemoryMaxMB: sum.MemoryMaxMB + task.MemoryMaxMB,
      DiskMB: sum.DiskMB + task.DiskMB,
      IOPS: sum.IOPS + task.IOPS,
      Networks: task.Networks.reduce(withNetwork, sum.Networks),
      Devices: [...sum.Devices, ...task.Devices],
    };
  }
  return sum;
}

function withNetwork(networks: readonly NetworkResource[], more: NetworkResource): readonly NetworkResource[] {
  const at = networks.findIndex((network) => network.Device === more.Device);
  const same = networks[at];
  if (same === undefined) return [...networks, more];
  return networks.with(at, {
    ...same,
    MBits: same.MBits + more.MBits,
    ReservedPorts: [...same.ReservedPorts, ...more.ReservedPorts],
    DynamicPorts: [...same.DynamicPorts, ...more.DynamicPorts],
  });
}
