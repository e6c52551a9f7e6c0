import type { Job } from "./job.ts";
import type { SchedulerConfiguration } from "./scheduler-configuration.ts";

/** What its author should know of a job that is accepted as it is; empty if nothing. */
export function jobWarnings(job: Job, configuration: SchedulerConfiguration): string {
  const warnings = configuration.MemoryOversubscriptionEnabled ? [] : ignoredMemory(job);
  if (warnings.length === 0) return "";
  return `${warnings.length} warning(s):\n\n${warnings.map((warning) => `* ${warning}`).join("\n")}`;
}

function ignoredMemory({ TaskGroups }: Job): string[] {
  return TaskGroups.flatMap((group) =>
    group.Tasks.filter((task) => (task.Resources?.MemoryMaxMB ?? 0) > 0).map(
      (task) =>
        `Memory oversubscription is not enabled: memory_max of task "${group.Name}.${task.Name}" is ignored until ` +
        `the scheduler configuration allows it`,
    ),
  );
}
