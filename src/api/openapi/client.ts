import * as z from "zod";
import type { AllocationUsage } from "../../model/index.ts";
import { anything, listOf, mapOf, nanosecondCount, optional, real, struct, text, whole } from "../../wire/index.ts";
import type * as clientRoutes from "../http/client.ts";
import type { FileInfo, HostStats } from "../http/client-shapes.ts";
import { type Bytes, boolean, type Descriptions, text as textForm, whole as wholeForm } from "./description.ts";

export const fileInfo: z.ZodType<FileInfo> = z.object({
  Name: z.string(),
  IsDir: z.boolean(),
  Size: z.int(),
  FileMode: z.string(),
  ModTime: z.string(),
  ContentType: z.string().optional(),
});

const diskStats = struct({
  Device: text,
  Mountpoint: text,
  Size: whole,
  Used: whole,
  Available: whole,
  UsedPercent: real,
  InodesUsedPercent: real,
});

export const hostStats: z.ZodType<HostStats> = struct({
  Memory: struct({ Total: whole, Available: whole, Used: whole, Free: whole }),
  CPU: listOf(struct({ CPU: text, User: real, System: real, Idle: real, Total: real })),
  DiskStats: listOf(diskStats),
  AllocDirStats: optional(diskStats),
  DeviceStats: listOf(anything),
  Uptime: whole,
  Timestamp: nanosecondCount,
  CPUTicksConsumed: real,
});

const memoryStats = struct({
  RSS: whole,
  Cache: whole,
  Swap: whole,
  Usage: whole,
  MaxUsage: whole,
  KernelUsage: whole,
  KernelMaxUsage: whole,
  Measured: listOf(text),
});

const cpuStats = struct({
  SystemMode: real,
  UserMode: real,
  TotalTicks: real,
  ThrottledPeriods: whole,
  ThrottledTime: nanosecondCount,
  Percent: real,
  Measured: listOf(text),
});

export const resourceUsage = struct({ MemoryStats: memoryStats, CpuStats: cpuStats, DeviceStats: listOf(anything) });

export const allocationUsage: z.ZodType<AllocationUsage> = struct({
  ResourceUsage: resourceUsage,
  Tasks: mapOf(struct({ ResourceUsage: resourceUsage, Timestamp: nanosecondCount, Pids: mapOf(resourceUsage) })),
  Timestamp: nanosecondCount,
});

const frames: Bytes = {
  type: "text/plain",
  says:
    "frames: JSON objects that follow each other without anything between them. `Data` is base64, `Offset` where its first piece ends in the `File`, " +
    "`FileEvent` is `file deleted` or `file truncated`. `{}` comes each second when there is nothing else",
};
const bytes: Bytes = { type: "text/plain", says: "the bytes of the file" };

const node = {
  node_id: {
    says: "the whole ID of the node that is meant; without it, that of the agent that is asked",
    form: textForm,
  },
};
const path = {
  says: "path within the allocation; it cannot lead out of it",
  form: textForm,
  isRequired: true,
} as const;
const origin = {
  says: "where `offset` counts from",
  form: { type: "string", enum: ["start", "end"], default: "start" },
};
const offset = { says: "bytes from the origin", form: wholeForm };

export const client: Descriptions<typeof clientRoutes> = {
  hostStats: {
    summary: "Tell how busy the machine of a node is",
    details: "`null` before the first sample.",
    query: node,
    answers: optional(hostStats),
  },
  allocationStats: {
    summary: "Tell what the tasks of an allocation use",
    details: "Tasks that do not run are absent.",
    query: { task: { says: "only this task", form: textForm } },
    answers: allocationUsage,
  },
  collectAllocation: {
    summary: "Remove the directory of an allocation that has ended",
    details: "400 if it has not ended.",
    answers: "nothing",
  },
  collectAllocations: {
    summary: "Remove the directories of all allocations on a node that have ended",
    query: node,
    answers: "nothing",
  },
  listDirectory: {
    summary: "List a directory of an allocation",
    query: {
      path: { says: "path within the allocation; it cannot lead out of it", form: { ...textForm, default: "/" } },
    },
    answers: listOf(fileInfo),
  },
  statFile: { summary: "Tell of a file or directory of an allocation", query: { path }, answers: fileInfo },
  readFile: { summary: "Read a file of an allocation", query: { path }, answers: bytes },
  readFileAt: {
    summary: "Read part of a file of an allocation",
    query: {
      path,
      offset: { says: "bytes from the start", form: wholeForm, isRequired: true },
      limit: { says: "bytes at most; 0 or less means to the end", form: wholeForm },
    },
    answers: bytes,
  },
  streamFile: {
    summary: "Follow a file of an allocation",
    details: "It ends when the file is deleted, or when who asked leaves.",
    query: { path, offset, origin },
    answers: frames,
  },
  streamLogs: {
    summary: "Read or follow the output of a task",
    query: {
      task: { says: "the name of the task", form: textForm, isRequired: true },
      type: { says: "which output", form: { type: "string", enum: ["stdout", "stderr"] }, isRequired: true },
      follow: { says: "whether to go on with what the task writes from now on", form: boolean, isRequired: true },
      offset,
      origin,
      plain: { says: "`true` answers the bytes alone, without frames", form: boolean },
    },
    answers: frames,
  },
};
