import type { AllocationListStub } from "../../model/index.ts";
import type { Palette } from "./palette.ts";
import { columns } from "./table.ts";

/** From so many lines on they are counted instead. */
const tooMany = 10;

/** What would be stopped to make room: one by one, or counted by job or by type of job where that would be long. */
export function preemptionsText(stopped: readonly AllocationListStub[], { bold, yellow, reset }: Palette): string {
  return `${bold}${yellow}Preemptions:\n${reset}\n${table(stopped)}`;
}

function table(stopped: readonly AllocationListStub[]): string {
  if (stopped.length < tooMany) {
    const rows = stopped.map(({ ID, JobID, TaskGroup }) => [ID, JobID, TaskGroup]);
    return columns([["Alloc ID", "Job ID", "Task Group"], ...rows]);
  }
  const byJob = Map.groupBy(stopped, ({ Namespace, JobID, JobType }) => JSON.stringify([JobID, Namespace, JobType]));
  if (byJob.size < tooMany) {
    const rows = [...byJob].map(([job, { length }]) => [...(JSON.parse(job) as string[]), String(length)]);
    return columns([["Job ID", "Namespace", "Job Type", "Preemptions"], ...rows.sort(byFirst)]);
  }
  const byType = Map.groupBy(stopped, ({ JobType }) => JobType);
  const rows = [...byType].map(([type, { length }]) => [type, String(length)]);
  return columns([["Job Type", "Preemptions"], ...rows.sort(byFirst)]);
}

function byFirst([one = ""]: readonly string[], [other = ""]: readonly string[]): number {
  return one < other ? -1 : 1;
}
