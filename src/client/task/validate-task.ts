import type { Instant } from "../../base/index.ts";
import type { Task, TaskEvent } from "../../model/index.ts";
import { type ClientConfig, optionList } from "../config.ts";
import { restartReason } from "./restart-tracker.ts";
import { taskEvents } from "./task-events.ts";

/** The events that tell why this client refuses to run a task, whatever the servers say; none when it does not. */
export function refusalOf(task: Task, config: ClientConfig, now: Instant): readonly TaskEvent[] {
  const problem = userProblem(task, config);
  if (problem !== undefined) return [taskEvents.failedValidation(now, problem)];
  if (task.Artifacts.length === 0) return [];
  return [
    taskEvents.failedArtifactDownload(now, "GET error: this version of the client cannot fetch artifacts yet"),
    taskEvents.notRestarting(now, restartReason.unrecoverable),
  ];
}

function userProblem(task: Task, config: ClientConfig): string | undefined {
  const checkedDrivers = optionList(config, "user.checked_drivers", ["exec", "qemu", "java"]);
  const blacklist = optionList(config, "user.blacklist", ["root", "Administrator"]);
  if (checkedDrivers.includes(task.Driver) && blacklist.includes(task.User)) {
    return `running as user ${JSON.stringify(task.User)} is disallowed`;
  }
  return undefined;
}
