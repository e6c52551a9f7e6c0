import { allAtOnce, formatGoDuration, nanoseconds, problemList, type Steps, wrappedProblems } from "../base/index.ts";
import { constraintProblems } from "./constraint-validation.ts";
import { driverConfigProblems, isKnownDriver } from "./driver-config.ts";
import type { Job, PeriodicConfig } from "./job.ts";
import { jobSizeProblems } from "./job-limits.ts";
import { timeZoneProblem } from "./local-time.ts";
import { jobIDProblem, jobNameProblem, nameProblem, repetitions } from "./names.ts";
import { cronProblem } from "./periodic.ts";
import type { RestartPolicy, Task } from "./task.ts";
import type { TaskGroup } from "./task-group.ts";
import { taskProblems } from "./task-validation.ts";
import { wishProblems } from "./wish-validation.ts";

/**
 * All that is wrong with a job, as the one text that Nomad 0.4.1 prints; undefined if it is valid. Expects a job with
 * its defaults filled in. Used before a job is sent; servers ask `validateRegistration`.
 */
export function validateJob(job: Job): string | undefined {
  return tooLarge(job) ?? textOf(allAtOnce(jobProblems(job)));
}

/** Like `validateJob`, and what only servers refuse: unknown drivers, their config, types kept for themselves. A step is a group. */
export function* validateRegistration(job: Job): Steps<string | undefined> {
  return textOf(yield* problemsOfRegistration(job));
}

/** The same as a list. */
export function* problemsOfRegistration(job: Job): Steps<readonly string[]> {
  const core = job.Type === "_core" ? ["job type cannot be core"] : [];
  const size = jobSizeProblems(job);
  if (size.length > 0) return size;
  const problems = yield* jobProblems(job);
  return [...problems, ...(yield* driverProblems(job)), ...core];
}

/** What is too large is not looked at any closer: that is what would take long. */
function tooLarge(job: Job): string | undefined {
  return textOf(jobSizeProblems(job));
}

function* jobProblems(job: Job): Steps<string[]> {
  const problems: string[] = [];
  if (job.Region === "") problems.push("Missing job region");
  if (job.ID === "") problems.push("Missing job ID");
  if (job.ID.includes(" ")) problems.push("Job ID contains a space");
  const unfitID = jobIDProblem(job.ID);
  if (unfitID !== undefined) problems.push(`Job ID ${shown(job.ID)} ${unfitID}`);
  if (job.Name === "") problems.push("Missing job name");
  const unfitName = jobNameProblem(job.Name);
  if (unfitName !== undefined) problems.push(`Job name ${shown(job.Name)} ${unfitName}`);
  if (job.Type === "") problems.push("Missing job type");
  if (job.Priority < 1 || job.Priority > 100) problems.push("Job priority must be between [1, 100]");
  if (job.Datacenters.length === 0) problems.push("Missing job datacenters");
  if (job.TaskGroups.length === 0) problems.push("Missing job task groups");
  problems.push(...constraintProblems(job.Constraints), ...wishProblems(job, job.Type));
  problems.push(...groupNameProblems(job));
  for (const group of job.TaskGroups) {
    problems.push(...wrappedProblems(`Task group ${group.Name} validation failed:`, groupProblems(group, job.Type)));
    yield;
  }
  if (job.Periodic?.Enabled) problems.push(...periodicProblems(job.Type, job.Periodic));
  return problems;
}

function groupNameProblems({ TaskGroups, Type }: Job): string[] {
  const repeated = repetitions(TaskGroups.map((group) => group.Name));
  return TaskGroups.flatMap(({ Name, Count }, index) => {
    const problems: string[] = [];
    const before = repeated[index];
    const unfit = nameProblem(Name);
    if (Name === "") problems.push(`Job task group ${index + 1} missing name`);
    else if (before?.isSameCase) {
      problems.push(`Job task group ${index + 1} redefines '${Name}' from group ${before.place}`);
    } else if (before !== undefined) {
      problems.push(`Job task group ${index + 1} name '${Name}' differs only in case from group ${before.place}`);
    }
    if (unfit !== undefined) problems.push(`Job task group ${index + 1} name ${shown(Name)} ${unfit}`);
    if (Type === "system" && Count > 1) {
      problems.push(`Job task group ${Name} has count ${Count}. Count cannot exceed 1 with system scheduler`);
    }
    return problems;
  });
}

function periodicProblems(jobType: string, { Spec, SpecType, TimeZone }: PeriodicConfig): string[] {
  const problems = jobType === "batch" ? [] : ['Periodic can only be used with "batch" scheduler'];
  const unknownZone = timeZoneProblem(TimeZone);
  if (unknownZone !== undefined) problems.push(`Invalid time zone ${shown(TimeZone)}: ${unknownZone}`);
  if (Spec === "") return [...problems, "Must specify a spec"];
  if (SpecType !== "cron") return [...problems, `Unknown periodic specification type ${shown(SpecType)}`];
  const problem = cronProblem(Spec);
  return problem === undefined ? problems : [...problems, `Invalid cron spec ${shown(Spec)}: ${problem}`];
}

function groupProblems(group: TaskGroup, jobType: string): string[] {
  const problems: string[] = [];
  if (group.Name === "") problems.push("Missing task group name");
  if (group.Count < 0) problems.push("Task group count can't be negative");
  if (group.Tasks.length === 0) problems.push("Missing tasks for task group");
  problems.push(...constraintProblems(group.Constraints), ...wishProblems(group, jobType));
  if (group.RestartPolicy === null) problems.push(`Task Group ${group.Name} should have a restart policy`);
  else problems.push(...restartPolicyProblems(group.RestartPolicy));
  problems.push(...taskNameProblems(group));
  for (const task of group.Tasks) {
    const inTask = [...taskProblems(task, group.EphemeralDisk), ...wishProblems(task, jobType)];
    problems.push(...wrappedProblems(`Task ${task.Name} validation failed:`, inTask));
  }
  return problems;
}

function restartPolicyProblems({ Attempts, Interval, Delay, Mode }: RestartPolicy): string[] {
  if (Mode !== "delay" && Mode !== "fail") return [`Unsupported restart mode: ${shown(Mode)}`];
  if (Attempts === 0 && Mode !== "fail") return [`Restart policy "${Mode}" with 0 attempts is ambiguous`];
  if (Interval === 0 || Attempts * Delay <= Interval) return [];
  const [interval, delay] = [formatGoDuration(nanoseconds(Interval)), formatGoDuration(nanoseconds(Delay))];
  return [`Nomad can't restart the TaskGroup ${Attempts} times in an interval of ${interval} with a delay of ${delay}`];
}

function taskNameProblems({ Tasks }: TaskGroup): string[] {
  const repeated = repetitions(Tasks.map((task) => task.Name));
  return Tasks.flatMap(({ Name }, index) => {
    const before = repeated[index];
    if (Name === "") return [`Task ${index + 1} missing name`];
    if (before === undefined) return [];
    if (before.isSameCase) return [`Task ${index + 1} redefines '${Name}' from task ${before.place}`];
    return [`Task ${index + 1} name '${Name}' differs only in case from task ${before.place}`];
  });
}

/** The first message names group and task the wrong way round, as Nomad 0.4.1 does. */
function* driverProblems({ TaskGroups }: Job): Steps<string[]> {
  const problems: string[] = [];
  for (const group of TaskGroups) {
    problems.push(...group.Tasks.flatMap((task) => driverProblemsOf(task, group)));
    yield;
  }
  return problems;
}

function driverProblemsOf({ Name, Driver, Config }: Task, group: TaskGroup): readonly string[] {
  const [inGroup, inTask] = [shown(group.Name), shown(Name)];
  if (!isKnownDriver(Driver)) {
    return [
      `failed to create driver for task ${inGroup} in group ${inTask} for validation: unknown driver '${Driver}'`,
    ];
  }
  return wrappedProblems(`group ${inGroup} -> task ${inTask} -> config:`, driverConfigProblems(Driver, Config));
}

function textOf(problems: readonly string[]): string | undefined {
  return problems.length === 0 ? undefined : problemList(problems);
}

function shown(text: string): string {
  return JSON.stringify(text);
}
