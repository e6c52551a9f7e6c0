import { type Instant, problemList } from "../../base/index.ts";
import { artifactProblems, type Task, type TaskEvent } from "../../model/index.ts";
import { type ClientConfig, optionList } from "../config.ts";
import { taskEvents } from "./task-events.ts";

/** The events that tell why this client refuses to run a task, whatever the servers say; none when it does not. */
export function refusalOf(task: Task, config: ClientConfig, now: Instant): readonly TaskEvent[] {
  const problem = userProblem(task, config) ?? artifactsProblem(task);
  return problem === undefined ? [] : [taskEvents.failedValidation(now, problem)];
}

function artifactsProblem(task: Task): string | undefined {
  const problems = task.Artifacts.flatMap((artifact, index) => {
    const own = artifactProblems(artifact);
    return own.length === 0 ? [] : [`artifact (${index}) failed validation: ${problemList(own)}`];
  });
  return problems.length === 0 ? undefined : problemList(problems);
}

function userProblem(task: Task, config: ClientConfig): string | undefined {
  const checkedDrivers = optionList(config, "user.checked_drivers", ["exec", "qemu", "java"]);
  const blacklist = optionList(config, "user.blacklist", ["root", "Administrator"]);
  if (checkedDrivers.includes(task.Driver) && blacklist.includes(task.User)) {
    return `running as user ${JSON.stringify(task.User)} is disallowed`;
  }
  return undefined;
}
