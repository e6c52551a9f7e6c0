import type { HostStats } from "../../api/index.ts";
import { formatGoDuration, seconds } from "../../base/index.ts";
import type { Allocation, Node, ResourceUsage } from "../../model/index.ts";
import { byteSize, mebibytes, percentage } from "./quantities.ts";
import { columns, keyValues } from "./table.ts";

/** What of a node is granted to running allocations, of what is not kept back by its operator. */
export function allocatedResources(node: Node, running: readonly Allocation[]): string {
  const granted = sum(running.map(({ Resources }) => Resources));
  const total = {
    CPU: (node.Resources?.CPU ?? 0) - (node.Reserved?.CPU ?? 0),
    MemoryMB: (node.Resources?.MemoryMB ?? 0) - (node.Reserved?.MemoryMB ?? 0),
    DiskMB: (node.Resources?.DiskMB ?? 0) - (node.Reserved?.DiskMB ?? 0),
    IOPS: (node.Resources?.IOPS ?? 0) - (node.Reserved?.IOPS ?? 0),
  };
  return columns([
    ["CPU", "Memory", "Disk", "IOPS"],
    [
      `${granted.CPU}/${total.CPU} MHz`,
      `${mebibytes(granted.MemoryMB)}/${mebibytes(total.MemoryMB)}`,
      `${mebibytes(granted.DiskMB)}/${mebibytes(total.DiskMB)}`,
      `${granted.IOPS}/${total.IOPS}`,
    ],
  ]);
}

function sum(parts: readonly Allocation["Resources"][]) {
  const total = { CPU: 0, MemoryMB: 0, DiskMB: 0, IOPS: 0 };
  for (const part of parts) {
    total.CPU += part?.CPU ?? 0;
    total.MemoryMB += part?.MemoryMB ?? 0;
    total.DiskMB += part?.DiskMB ?? 0;
    total.IOPS += part?.IOPS ?? 0;
  }
  return total;
}

/** What the running allocations of a node really use. */
export function actualUsage(node: Node, usages: readonly ResourceUsage[]): string {
  const ticks = usages.reduce((total, { CpuStats }) => total + CpuStats.TotalTicks, 0);
  const resident = usages.reduce((total, { MemoryStats }) => total + MemoryStats.RSS, 0);
  return columns([
    ["CPU", "Memory"],
    [
      `${Math.floor(ticks)}/${node.Resources?.CPU ?? 0} MHz`,
      `${byteSize(resident)}/${mebibytes(node.Resources?.MemoryMB ?? 0)}`,
    ],
  ]);
}

/** What the whole machine uses. A volume that is not among the measured ones is named instead. */
export function hostUsage(node: Node, host: HostStats): string {
  const volume = node.Attributes?.["unique.storage.volume"] ?? "";
  const disk = (host.DiskStats ?? []).findLast(({ Device }) => Device === volume);
  return columns([
    ["CPU", "Memory", "Disk"],
    [
      `${Math.floor(host.CPUTicksConsumed)}/${node.Resources?.CPU ?? 0} MHz`,
      `${byteSize(host.Memory.Used)}/${byteSize(host.Memory.Total)}`,
      disk === undefined ? `(${volume})` : `${byteSize(disk.Used)}/${byteSize(disk.Size)}`,
    ],
  ]);
}

/** How long the machine has been running. */
export function uptime({ Uptime }: HostStats): string {
  return formatGoDuration(seconds(Math.floor(Uptime)));
}

export function cpuBlocks({ CPU }: HostStats): string {
  return (CPU ?? [])
    .map((core) =>
      keyValues([
        ["CPU", core.CPU],
        ["User", percentage(core.User)],
        ["System", percentage(core.System)],
        ["Idle", percentage(core.Idle)],
      ]),
    )
    .join("\n\n");
}

export function memoryBlock({ Memory }: HostStats): string {
  return keyValues([
    ["Total", byteSize(Memory.Total)],
    ["Available", byteSize(Memory.Available)],
    ["Used", byteSize(Memory.Used)],
    ["Free", byteSize(Memory.Free)],
  ]);
}

export function diskBlocks({ DiskStats }: HostStats): string {
  return (DiskStats ?? [])
    .map((disk) =>
      keyValues([
        ["Device", disk.Device],
        ["MountPoint", disk.Mountpoint],
        ["Size", byteSize(disk.Size)],
        ["Used", byteSize(disk.Used)],
        ["Available", byteSize(disk.Available)],
        ["Used Percent", percentage(disk.UsedPercent)],
        ["Inodes Percent", percentage(disk.InodesUsedPercent)],
      ]),
    )
    .join("\n\n");
}
