import type { Task } from "../../model/index.ts";
import { type ClientConfig, optionList } from "../config.ts";

/** Why this client refuses to run a task, whatever the servers say; undefined when it does not. */
export function taskProblem(task: Task, config: ClientConfig): string | undefined {
  const checkedDrivers = optionList(config, "user.checked_drivers", ["exec", "qemu", "java"]);
  const blacklist = optionList(config, "user.blacklist", ["root", "Administrator"]);
  if (checkedDrivers.includes(task.Driver) && blacklist.includes(task.User)) {
    return `running as user ${JSON.stringify(task.User)} is disallowed`;
  }
  return undefined;
}
