import { dictionary, hours, minutes, type Steps, seconds } from "../base/index.ts";
import { defaultNamespace, type Job, type PeriodicConfig } from "./job.ts";
import type { NetworkResource, Port, Resources } from "./resources.ts";
import type { LogConfig, RestartPolicy, Service, ServiceCheck, Task } from "./task.ts";
import type { MigrateStrategy, ReschedulePolicy, TaskGroup, UpdateStrategy } from "./task-group.ts";

/** What a task asks for where it says nothing. MHz, MiB. */
export const defaultResources = { CPU: 100, MemoryMB: 10, DiskMB: 300, IOPS: 0 } as const;
/** Log files a task keeps where it says nothing, for each of its two outputs. */
export const defaultLogConfig: LogConfig = { MaxFiles: 10, MaxFileSizeMB: 10 };
/** How long a task may take to stop where it says nothing, in nanoseconds. */
const defaultKillTimeout: number = seconds(5);
const defaultEphemeralDiskMB = 300;

const defaultMigrate: MigrateStrategy = {
  MaxParallel: 1,
  HealthCheck: "checks",
  MinHealthyTime: seconds(10),
  HealthyDeadline: minutes(5),
};
/** Allocations are not moved to other nodes when they fail: Nomad 0.4.1 does not know of it. */
const noRescheduling: ReschedulePolicy = {
  Attempts: 0,
  Interval: 0,
  Delay: seconds(30),
  DelayFunction: "exponential",
  MaxDelay: hours(1),
  Unlimited: false,
};

/**
 * Fills in what both a job file and an HTTP client may leave to Nomad 0.4.1: restart policies by the job's type, kill
 * timeouts, names of services and checks. Everything else must have been said, or validation refuses the job.
 */
export function initializeJob(job: Job): Job {
  return { ...job, TaskGroups: job.TaskGroups.map((group) => initialGroup(job, group)) };
}

function initialGroup(job: Job, group: TaskGroup): TaskGroup {
  return {
    ...group,
    RestartPolicy: group.RestartPolicy ?? defaultRestartPolicy(job.Type),
    Services: group.Services.map((service) => named(service, [job.Name, group.Name, "group"])),
    Tasks: group.Tasks.map((task) => ({
      ...task,
      KillTimeout: task.KillTimeout === 0 ? defaultKillTimeout : task.KillTimeout,
      Services: task.Services.map((service) => named(service, [job.Name, group.Name, task.Name])),
    })),
  };
}

/**
 * The job as servers keep it: `initializeJob`, then every field that clients of any version may leave out. Clients of
 * 0.4.1 send all their fields; those of 1.x send what their job file says and expect the server to know the rest.
 * Nothing is made up that only the author can know: datacenters, task groups, tasks, drivers.
 * The result of a second pass is equal to that of the first. A step is a group.
 */
export function* canonicalizeJob(job: Job): Steps<Job> {
  const type = job.Type || "service";
  const named = { ...job, Type: type, Name: job.Name || job.ID };
  const groups: TaskGroup[] = [];
  for (const group of job.TaskGroups) {
    groups.push(canonicalGroup(named, initialGroup(named, group)));
    yield;
  }
  return {
    ...named,
    Region: job.Region || "global",
    Namespace: job.Namespace || defaultNamespace,
    NodePool: job.NodePool || "default",
    Priority: job.Priority === 0 ? 50 : job.Priority,
    Periodic: job.Periodic === null ? null : canonicalPeriodic(job.Periodic),
    TaskGroups: groups,
  };
}

/** When tasks are started again if their group says nothing; null for a type of job that does not exist. */
function defaultRestartPolicy(jobType: string): RestartPolicy | null {
  switch (jobType) {
    case "service":
    case "system":
      return { Attempts: 2, Interval: minutes(1), Delay: seconds(15), Mode: "delay" };
    case "batch":
      return { Attempts: 15, Interval: hours(168), Delay: seconds(15), Mode: "delay" };
    default:
      return null;
  }
}

/** A service's name is fixed when the job is registered; `labels` are the names of job, group and task. */
function named(service: Service, [job, group, task]: readonly [string, string, string]): Service {
  const values = dictionary([
    ["JOB", job],
    ["TASKGROUP", group],
    ["TASK", task],
    ["BASE", `${job}-${group}-${task}`],
  ]);
  const pattern = service.Name === "" ? "${BASE}" : service.Name;
  const name = pattern.replace(/\$\{([a-zA-Z0-9_\-.]+)\}/g, (whole, key: string) => values[key] ?? whole);
  return { ...service, Name: name, Checks: service.Checks.map((check) => namedCheck(check, name)) };
}

function namedCheck(check: ServiceCheck, service: string): ServiceCheck {
  return check.Name === "" ? { ...check, Name: `service: "${service}" check` } : check;
}

function canonicalPeriodic(periodic: PeriodicConfig): PeriodicConfig {
  return { ...periodic, SpecType: periodic.SpecType || "cron", TimeZone: periodic.TimeZone || "UTC" };
}

function canonicalGroup(job: Job, group: TaskGroup): TaskGroup {
  const restartPolicy = group.RestartPolicy === null ? null : canonicalRestartPolicy(group.RestartPolicy, job.Type);
  const hasDisk = group.EphemeralDisk !== null;
  const tasks = group.Tasks.map((task) => canonicalTask(task, restartPolicy, hasDisk ? 0 : defaultResources.DiskMB));
  const totalDiskMB = tasks.reduce((sum, task) => sum + (task.Resources?.DiskMB ?? 0), 0);
  const disk = group.EphemeralDisk ?? { Sticky: false, Migrate: false, SizeMB: totalDiskMB };
  return {
    ...group,
    Tasks: tasks,
    RestartPolicy: restartPolicy,
    EphemeralDisk: { ...disk, SizeMB: disk.SizeMB === 0 ? defaultEphemeralDiskMB : disk.SizeMB },
    ReschedulePolicy: group.ReschedulePolicy ?? (job.Type === "system" ? null : noRescheduling),
    Migrate: group.Migrate ?? (job.Type === "service" ? defaultMigrate : null),
    Update: job.Type === "service" ? canonicalUpdate(group.Update ?? job.Update) : group.Update,
    Networks: group.Networks.map(canonicalNetwork),
    Services: group.Services.map(canonicalService),
  };
}

/** A policy without a mode comes from a client that leaves out what it does not mean to change. */
function canonicalRestartPolicy(policy: RestartPolicy, jobType: string): RestartPolicy {
  const usual = defaultRestartPolicy(jobType);
  if (policy.Mode !== "" || usual === null) return policy;
  return {
    Attempts: policy.Attempts,
    Interval: policy.Interval === 0 ? usual.Interval : policy.Interval,
    Delay: policy.Delay === 0 ? usual.Delay : policy.Delay,
    Mode: policy.Attempts === 0 ? "fail" : usual.Mode,
  };
}

function canonicalUpdate(update: UpdateStrategy): UpdateStrategy {
  return {
    ...update,
    Stagger: update.Stagger === 0 ? seconds(30) : update.Stagger,
    HealthCheck: update.HealthCheck || "checks",
    MinHealthyTime: update.MinHealthyTime === 0 ? seconds(10) : update.MinHealthyTime,
    HealthyDeadline: update.HealthyDeadline === 0 ? minutes(5) : update.HealthyDeadline,
    ProgressDeadline: update.ProgressDeadline === 0 ? minutes(10) : update.ProgressDeadline,
  };
}

function canonicalTask(task: Task, groupRestartPolicy: RestartPolicy | null, diskMB: number): Task {
  return {
    ...task,
    Resources: canonicalResources(task.Resources, diskMB),
    LogConfig: {
      MaxFiles: task.LogConfig?.MaxFiles || defaultLogConfig.MaxFiles,
      MaxFileSizeMB: task.LogConfig?.MaxFileSizeMB || defaultLogConfig.MaxFileSizeMB,
    },
    RestartPolicy: task.RestartPolicy ?? groupRestartPolicy,
    Services: task.Services.map(canonicalService),
  };
}

function canonicalResources(asked: Resources | null, diskMB: number): Resources {
  return {
    CPU: asked?.CPU || defaultResources.CPU,
    MemoryMB: asked?.MemoryMB || defaultResources.MemoryMB,
    MemoryMaxMB: asked?.MemoryMaxMB ?? 0,
    DiskMB: asked?.DiskMB || diskMB,
    IOPS: asked?.IOPS ?? 0,
    Networks: asked?.Networks.map(canonicalTaskNetwork) ?? [],
    Devices: asked?.Devices ?? [],
  };
}

/** Clients of later versions do not know of bandwidth; 10 Mbit/s is what the last ones that did filled in. */
function canonicalTaskNetwork(network: NetworkResource): NetworkResource {
  return canonicalNetwork({ ...network, MBits: network.MBits === 0 ? 10 : network.MBits });
}

function canonicalNetwork(network: NetworkResource): NetworkResource {
  const onDefaultNetwork = (port: Port) => ({ ...port, HostNetwork: port.HostNetwork || "default" });
  return {
    ...network,
    ReservedPorts: network.ReservedPorts.map(onDefaultNetwork),
    DynamicPorts: network.DynamicPorts.map(onDefaultNetwork),
  };
}

function canonicalService(service: Service): Service {
  return { ...service, AddressMode: service.AddressMode || "auto", Provider: service.Provider || "consul" };
}
