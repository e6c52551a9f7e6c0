import { problemList, wrappedProblems } from "../base/index.ts";
import { artifactProblems } from "./artifact-validation.ts";
import { taskConstraintProblems } from "./constraint-validation.ts";
import { nameProblem } from "./names.ts";
import type { NetworkResource, Resources } from "./resources.ts";
import { serviceProblems } from "./service-validation.ts";
import type { LogConfig, Task } from "./task.ts";
import type { EphemeralDisk } from "./task-group.ts";

/** What is wrong with a task. `disk` is that of its group, for tasks that have none of their own. */
export function taskProblems(task: Task, disk: EphemeralDisk | null): string[] {
  const problems: string[] = [];
  const hasSlash = /[/\\]/.test(task.Name);
  const unfit = hasSlash ? undefined : nameProblem(task.Name);
  if (task.Name === "") problems.push("Missing task name");
  if (hasSlash) problems.push("Task name can not include slashes");
  if (unfit !== undefined) problems.push(`Task name ${JSON.stringify(task.Name)} ${unfit}`);
  if (task.Driver === "") problems.push("Missing task driver");
  if (task.KillTimeout < 0) problems.push("KillTimeout must be a positive value");
  if (task.Resources === null) problems.push("Missing task resources");
  else problems.push(...asOne(resourceProblems(task.Resources, disk)));
  if (task.LogConfig === null) problems.push("Missing Log Config");
  else problems.push(...asOne(logProblems(task.LogConfig)));
  problems.push(...taskConstraintProblems(task.Constraints));
  problems.push(...asOne(serviceProblems(task.Services, portLabels(task.Resources))));
  if (task.LogConfig !== null && task.Resources !== null) {
    problems.push(...logStorageProblems(task.LogConfig, task.Resources.DiskMB || (disk?.SizeMB ?? 0)));
  }
  for (const [index, artifact] of task.Artifacts.entries()) {
    problems.push(...wrappedProblems(`Artifact ${index + 1} validation failed:`, artifactProblems(artifact)));
  }
  return problems;
}

/** A part with problems is one problem of the task, without words of its own. */
function asOne(problems: readonly string[]): string[] {
  return problems.length === 0 ? [] : [problemList(problems)];
}

function resourceProblems(resources: Resources, disk: EphemeralDisk | null): string[] {
  const { CPU, MemoryMB, MemoryMaxMB, DiskMB, IOPS, Networks } = resources;
  const problems: string[] = [];
  const diskMB = DiskMB === 0 && disk !== null ? disk.SizeMB : DiskMB;
  if (CPU < 20) problems.push(`minimum CPU value is 20; got ${CPU}`);
  if (MemoryMB < 10) problems.push(`minimum MemoryMB value is 10; got ${MemoryMB}`);
  if (MemoryMaxMB !== 0 && MemoryMaxMB < MemoryMB) {
    problems.push(`MemoryMaxMB value (${MemoryMaxMB}) must not be less than MemoryMB value (${MemoryMB})`);
  }
  if (diskMB < 10) problems.push(`minimum DiskMB value is 10; got ${diskMB}`);
  if (IOPS < 0) problems.push(`minimum IOPS value is 0; got ${IOPS}`);
  for (const [index, network] of Networks.entries()) {
    problems.push(...wrappedProblems(`network resource at index ${index} failed:`, networkProblems(network)));
  }
  return problems;
}

function networkProblems({ MBits, ReservedPorts }: NetworkResource): string[] {
  const problems = MBits < 1 ? [`minimum MBits value is 1; got ${MBits}`] : [];
  const beyond = ReservedPorts.filter((port) => port.Value < 1 || port.Value > 65_535);
  return [
    ...problems,
    ...beyond.map(({ Label, Value }) => `port ${JSON.stringify(Label)} must be between 1 and 65535; got ${Value}`),
  ];
}

function logProblems({ MaxFiles, MaxFileSizeMB }: LogConfig): string[] {
  const problems: string[] = [];
  if (MaxFiles < 1) problems.push(`minimum number of files is 1; got ${MaxFiles}`);
  if (MaxFileSizeMB < 1) problems.push(`minimum file size is 1MB; got ${MaxFileSizeMB}`);
  return problems;
}

/** Counted once, although standard output and standard error each have their files: so does Nomad 0.4.1. */
function logStorageProblems({ MaxFiles, MaxFileSizeMB }: LogConfig, diskMB: number): string[] {
  const logsMB = MaxFiles * MaxFileSizeMB;
  if (logsMB < diskMB) return [];
  return [`log storage (${logsMB} MB) must be less than requested disk capacity (${diskMB} MB)`];
}

function portLabels(resources: Resources | null): ReadonlySet<string> {
  const ports = (resources?.Networks ?? []).flatMap((network) => [...network.ReservedPorts, ...network.DynamicPorts]);
  return new Set(ports.map((port) => port.Label));
}
