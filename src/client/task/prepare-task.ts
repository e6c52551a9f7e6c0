import { dictionary, problemList } from "../../base/index.ts";
import { type Driver, DriverStartError, type TaskConfig } from "../../drivers/index.ts";
import { type Resources, resources as resourcesSchema } from "../../model/index.ts";
import { optionList } from "../config.ts";
import { environmentProblem, inheritedVariables, taskEnvironment } from "./environment.ts";
import { interpolate, nodeValues, type Values } from "./interpolation.ts";
import type { TaskRunnerParts } from "./task-runner.ts";

/** Deeper configuration than this is no configuration. */
const deepestConfig = 64;

/**
 * All that a driver needs for one run of a task, whose directory is `supervision`. Throws `DriverStartError` when the task
 * cannot be run as it is.
 */
export function prepareTask(
  parts: TaskRunnerParts,
  supervision: string,
): { readonly driver: Driver<unknown>; readonly config: TaskConfig<unknown> } {
  const { task, allocation, paths, allocationPaths } = parts;
  const driver = availableDriver(parts);
  const resources = grantedResources(parts);
  const env = environmentOf(parts, driver, resources);
  const problem = environmentProblem(env);
  if (problem !== undefined) throw new DriverStartError(problem);
  const config: TaskConfig<unknown> = {
    allocationID: allocation.ID,
    taskName: task.Name,
    config: driverConfig(driver, interpolated(task.Config, [env, nodeValues(parts.node())], 0)),
    env,
    directories: {
      shared: allocationPaths.shared,
      task: paths.task,
      local: paths.local,
      secrets: paths.secrets,
      supervision,
    },
    resources,
    user: task.User,
    nodeID: parts.node().ID,
  };
  return { driver, config };
}

/** The driver, if this client has it and it works here: whatever the servers believe. */
function availableDriver({ task, driver, node }: TaskRunnerParts): Driver<unknown> {
  if (driver === undefined) throw new DriverStartError(`driver "${task.Driver}" is unknown to this client`);
  const info = node().Drivers[task.Driver];
  if (info?.Detected === true) return driver;
  throw new DriverStartError(
    `driver "${task.Driver}" is not available: ${info?.HealthDescription ?? "not yet detected"}`,
  );
}

/** The environment that a task is to have; of one whose driver is not here, as of one that isolates nothing. */
export function taskVariables(parts: TaskRunnerParts): Values {
  const capabilities = parts.driver?.capabilities ?? { hostEnvironment: false };
  return environmentOf(parts, { capabilities }, grantedResources(parts));
}

function grantedResources({ allocation, task }: TaskRunnerParts): Resources {
  return allocation.TaskResources[task.Name] ?? task.Resources ?? resourcesSchema.parse({});
}

function environmentOf(
  parts: TaskRunnerParts,
  driver: Pick<Driver<unknown>, "capabilities">,
  resources: Resources,
): Values {
  const { runtime, config, allocation, job, group, task, paths, allocationPaths } = parts;
  const blacklist = config.options["env.blacklist"] === undefined ? undefined : optionList(config, "env.blacklist");
  const { hostEnvironment, directoriesInside, portsInside } = driver.capabilities;
  return taskEnvironment({
    node: parts.node(),
    region: config.region,
    allocation,
    job,
    group,
    task,
    resources,
    directories: directoriesInside ?? { shared: allocationPaths.shared, local: paths.local, secrets: paths.secrets },
    portsInside: portsInside?.(task.Config) ?? new Map(),
    inherited: hostEnvironment ? inheritedVariables(runtime.processes.environment, blacklist) : dictionary(),
  });
}

function driverConfig(driver: Driver<unknown>, config: unknown): unknown {
  const parsed = driver.config.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new DriverStartError(problemList(parsed.error.issues.map(({ message }) => message)));
}

/** The block with the references in all its texts resolved; keys stay as they are. */
function interpolated(value: unknown, sources: readonly Values[], depth: number): unknown {
  if (depth > deepestConfig) throw new DriverStartError("the task's config is nested too deeply");
  if (typeof value === "string") return interpolate(value, sources);
  if (Array.isArray(value)) return value.map((each) => interpolated(each, sources, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  return dictionary(Object.entries(value).map(([key, each]) => [key, interpolated(each, sources, depth + 1)]));
}
