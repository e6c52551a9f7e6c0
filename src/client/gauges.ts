import type { HostStats } from "../api/index.ts";
import { type Allocation, isTerminalAllocation, type Node, type TaskUsage } from "../model/index.ts";
import type { Gauge, Labels, MetricName } from "../runtime/index.ts";
import { taskLabels } from "./task/task-counters.ts";

/** An allocation of this client, as far as it can be measured. */
export interface MeasuredAllocation {
  readonly allocation: Allocation;
  readonly clientStatus: string;
  /** It is to begin when others have ended. */
  readonly isBlocked: boolean;
  /** Of all its tasks: `pending`, `running` or `dead`. */
  readonly states: Iterable<string>;
  /** Of those that run, by name. */
  readonly tasks: Iterable<readonly [name: string, usage: TaskUsage]>;
}

/** Which figures a client shows besides those of its allocations' number. */
export interface Published {
  readonly node: boolean;
  readonly allocations: boolean;
}

interface ClientFigures {
  readonly node: Node;
  readonly host: HostStats | null;
  readonly allocations: Iterable<MeasuredAllocation>;
}

/** What a client shows of itself, of the machine and of each task, under Nomad's names. */
export function* clientGauges({ node, host, allocations }: ClientFigures, published: Published): Iterable<Gauge> {
  const labels = {
    node_id: node.ID,
    datacenter: node.Datacenter,
    node_class: node.NodeClass === "" ? "none" : node.NodeClass,
    node_pool: node.NodePool,
    node_status: node.Status,
    node_scheduling_eligibility: node.SchedulingEligibility,
  };
  const counts = { blocked: 0, migrating: 0, pending: 0, running: 0, terminal: 0 };
  const tasks = { pending: 0, running: 0, dead: 0 };
  const taken = { cpu: 0, memory: 0, disk: 0, network: new Map<string, number>() };
  for (const measured of allocations) {
    counts[standingOf(measured)]++;
    for (const state of measured.states) if (state in tasks) tasks[state as keyof typeof tasks]++;
    take(taken, measured.allocation);
    if (published.allocations) yield* taskGauges(measured);
  }
  for (const [standing, value] of Object.entries(counts)) {
    yield { name: countNames[standing as keyof typeof counts], value, labels };
  }
  yield* fields(taskStateNames, tasks, labels);
  yield* roomGauges(node, taken, labels);
  if (published.node && host !== null) yield* hostGauges(host, labels);
}

const countNames = {
  blocked: ["client", "allocations", "blocked"],
  migrating: ["client", "allocations", "migrating"],
  pending: ["client", "allocations", "pending"],
  running: ["client", "allocations", "running"],
  terminal: ["client", "allocations", "terminal"],
};

const taskStateNames = {
  pending: ["client", "tasks", "pending"],
  running: ["client", "tasks", "running"],
  dead: ["client", "tasks", "dead"],
};

function standingOf({ clientStatus, isBlocked }: MeasuredAllocation): keyof typeof countNames {
  if (isBlocked) return "blocked";
  return clientStatus === "running" || clientStatus === "pending" ? clientStatus : "terminal";
}

/** What allocations take together: in MHz, MB, MB, and Mbit/s by device. */
interface Taken {
  cpu: number;
  memory: number;
  disk: number;
  readonly network: Map<string, number>;
}

function take(taken: Taken, allocation: Allocation): void {
  if (isTerminalAllocation(allocation)) return;
  taken.disk += allocation.Resources?.DiskMB ?? 0;
  for (const { CPU, MemoryMB, Networks } of Object.values(allocation.TaskResources)) {
    taken.cpu += CPU;
    taken.memory += MemoryMB;
    for (const { Device, MBits } of Networks) taken.network.set(Device, (taken.network.get(Device) ?? 0) + MBits);
  }
}

const roomNames = {
  cpu: { taken: ["client", "allocated", "cpu"], left: ["client", "unallocated", "cpu"] },
  memory: { taken: ["client", "allocated", "memory"], left: ["client", "unallocated", "memory"] },
  disk: { taken: ["client", "allocated", "disk"], left: ["client", "unallocated", "disk"] },
  network: { taken: ["client", "allocated", "network"], left: ["client", "unallocated", "network"] },
};

function* roomGauges({ Resources, Reserved }: Node, taken: Taken, labels: Labels): Iterable<Gauge> {
  const whole = {
    cpu: (Resources?.CPU ?? 0) - (Reserved?.CPU ?? 0),
    memory: (Resources?.MemoryMB ?? 0) - (Reserved?.MemoryMB ?? 0),
    disk: (Resources?.DiskMB ?? 0) - (Reserved?.DiskMB ?? 0),
  };
  for (const kind of ["cpu", "memory", "disk"] as const) {
    yield { name: roomNames[kind].taken, value: taken[kind], labels };
    yield { name: roomNames[kind].left, value: whole[kind] - taken[kind], labels };
  }
  for (const { Device, MBits } of Resources?.Networks ?? []) {
    const used = taken.network.get(Device) ?? 0;
    yield { name: roomNames.network.taken, value: used, labels: { ...labels, device: Device } };
    yield { name: roomNames.network.left, value: MBits - used, labels: { ...labels, device: Device } };
  }
}

const hostNames = {
  memory: {
    Total: ["client", "host", "memory", "total"],
    Available: ["client", "host", "memory", "available"],
    Used: ["client", "host", "memory", "used"],
    Free: ["client", "host", "memory", "free"],
  },
  cpu: {
    Total: ["client", "host", "cpu", "total"],
    User: ["client", "host", "cpu", "user"],
    System: ["client", "host", "cpu", "system"],
    Idle: ["client", "host", "cpu", "idle"],
  },
  disk: {
    Size: ["client", "host", "disk", "size"],
    Used: ["client", "host", "disk", "used"],
    Available: ["client", "host", "disk", "available"],
    UsedPercent: ["client", "host", "disk", "used_percent"],
    InodesUsedPercent: ["client", "host", "disk", "inodes_percent"],
  },
  percent: ["client", "host", "cpu", "total_percent"],
  ticks: ["client", "host", "cpu", "total_ticks"],
  uptime: ["client", "uptime"],
};

function* hostGauges({ Memory, CPU, CPUTicksConsumed, DiskStats, Uptime }: HostStats, labels: Labels): Iterable<Gauge> {
  yield* fields(hostNames.memory, Memory, labels);
  const busy = CPU.reduce((sum, { Total }) => sum + Total, 0);
  for (const core of CPU) {
    const ofCore = { ...labels, cpu: core.CPU };
    yield* fields(hostNames.cpu, core, ofCore);
    // Its later name.
    yield { name: hostNames.percent, value: core.Total, labels: ofCore };
    const share = busy > 0 ? core.Total / busy : 0;
    yield { name: hostNames.ticks, value: share * CPUTicksConsumed, labels: ofCore };
  }
  for (const disk of DiskStats) yield* fields(hostNames.disk, disk, { ...labels, disk: disk.Device });
  yield { name: hostNames.uptime, value: Uptime, labels };
}

const taskNames = {
  allocatedCPU: ["client", "allocs", "cpu", "allocated"],
  allocatedMemory: ["client", "allocs", "memory", "allocated"],
  mostMemory: ["client", "allocs", "memory", "max_allocated"],
  cpu: {
    Percent: ["client", "allocs", "cpu", "total_percent"],
    SystemMode: ["client", "allocs", "cpu", "system"],
    UserMode: ["client", "allocs", "cpu", "user"],
    ThrottledTime: ["client", "allocs", "cpu", "throttled_time"],
    ThrottledPeriods: ["client", "allocs", "cpu", "throttled_periods"],
    TotalTicks: ["client", "allocs", "cpu", "total_ticks"],
  },
  memory: {
    RSS: ["client", "allocs", "memory", "rss"],
    Cache: ["client", "allocs", "memory", "cache"],
    Swap: ["client", "allocs", "memory", "swap"],
    Usage: ["client", "allocs", "memory", "usage"],
    MaxUsage: ["client", "allocs", "memory", "max_usage"],
    KernelUsage: ["client", "allocs", "memory", "kernel_usage"],
    KernelMaxUsage: ["client", "allocs", "memory", "kernel_max_usage"],
  },
};
const mebibyte = 1024 * 1024;

function* taskGauges({ allocation, tasks }: MeasuredAllocation): Iterable<Gauge> {
  for (const [task, { ResourceUsage }] of tasks) {
    const labels = taskLabels(allocation, task);
    const granted = allocation.TaskResources[task];
    yield { name: taskNames.allocatedCPU, value: granted?.CPU ?? 0, labels };
    yield { name: taskNames.allocatedMemory, value: (granted?.MemoryMB ?? 0) * mebibyte, labels };
    const mostMB = Math.max(granted?.MemoryMB ?? 0, granted?.MemoryMaxMB ?? 0);
    yield { name: taskNames.mostMemory, value: mostMB * mebibyte, labels };
    yield* fields(taskNames.cpu, ResourceUsage.CpuStats, labels);
    const { Measured, ...memory } = ResourceUsage.MemoryStats;
    const known = new Set(Measured.map((name) => name.replaceAll(" ", "")));
    yield* fields(taskNames.memory, memory, labels, (field) => known.has(field));
  }
}

function* fields<Field extends string>(
  names: Readonly<Record<Field, MetricName>>,
  values: Readonly<Record<NoInfer<Field>, number>>,
  labels: Labels,
  isKnown: (field: Field) => boolean = () => true,
): Iterable<Gauge> {
  for (const field of Object.keys(names) as Field[]) {
    if (isKnown(field)) yield { name: names[field], value: values[field], labels };
  }
}
