import { createHash } from "node:crypto";
import { between, formatGoDuration, isBefore, later, merged, seconds } from "../../base/index.ts";
import type { TaskArtifact } from "../../model/index.ts";
import { ArtifactError } from "../artifacts/artifact-error.ts";
import { artifactLimits } from "../artifacts/artifact-limits.ts";
import { type FetchTools, fetchArtifact } from "../artifacts/fetch-artifact.ts";
import { interpolate, nodeValues, type Values } from "./interpolation.ts";
import { taskVariables } from "./prepare-task.ts";
import type { TaskRunnerParts } from "./task-runner.ts";

/** How often a long download is told of in the log. */
const tellEvery = seconds(10);

/**
 * Fetches a task's artifacts, one after the other, before its first start. Rejects with `ArtifactError` at the first that
 * cannot be fetched, or with the signal's reason.
 */
export async function fetchArtifacts(parts: TaskRunnerParts, signal: AbortSignal): Promise<void> {
  const { task, runtime, config, paths, allocationPaths } = parts;
  const limits = artifactLimits(config.options);
  const hash = createHash("md5").update(task.Name).digest("hex").slice(0, 12);
  const place = { task: paths.task, shared: allocationPaths.shared, stage: `.artifact-${hash}` };
  for (const artifact of task.Artifacts) {
    const begun = runtime.clock.now();
    const progress = progressLog(parts);
    try {
      const resolved = resolvedArtifact(artifact, parts);
      const { source, bytes, entries, dropped } = await fetchArtifact(
        { runtime, limits, signal, progress },
        resolved,
        place,
      );
      const took = formatGoDuration(between(begun, runtime.clock.now()));
      logOf(parts).info("artifact fetched", { ...whose(parts), source, bytes, entries, dropped, took });
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ArtifactError ? error : new ArtifactError(described(error), { cause: error });
    }
  }
}

/** Sources, options and headers see the task's environment; a destination sees the task's directories as the host does. */
function resolvedArtifact(artifact: TaskArtifact, parts: TaskRunnerParts): TaskArtifact {
  const { paths, allocationPaths } = parts;
  const env = taskVariables(parts);
  const node = nodeValues(parts.node());
  const resolve = (text: string) => interpolate(text, [env, node]);
  const onHost = {
    NOMAD_TASK_DIR: paths.local,
    NOMAD_ALLOC_DIR: allocationPaths.shared,
    NOMAD_SECRETS_DIR: paths.secrets,
  };
  return {
    ...artifact,
    GetterSource: resolve(artifact.GetterSource),
    GetterOptions: resolvedValues(artifact.GetterOptions, resolve),
    GetterHeaders: resolvedValues(artifact.GetterHeaders, resolve),
    RelativeDest: interpolate(artifact.RelativeDest, [merged(env, onHost), node]),
  };
}

function resolvedValues(values: Values, resolve: (text: string) => string): Values {
  return merged(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, resolve(value)])));
}

function progressLog(parts: TaskRunnerParts): FetchTools["progress"] {
  const { clock } = parts.runtime;
  let next = later(clock.now(), tellEvery);
  return (received, expected) => {
    if (isBefore(clock.now(), next)) return;
    next = later(clock.now(), tellEvery);
    logOf(parts).info("artifact is being downloaded", { ...whose(parts), received, expected });
  };
}

function logOf({ runtime }: TaskRunnerParts) {
  return runtime.log.named("client");
}

function whose({ allocation, task }: TaskRunnerParts) {
  return { allocationID: allocation.ID, task: task.Name };
}

/** What went wrong in the world, in its own words; a full disk by its name. */
function described(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "ENOSPC" || code === "EDQUOT") return "no space left on device";
  return message ?? String(error);
}
