import type * as z from "zod";
import type { TaskState } from "../../model/index.ts";
import { taskState } from "../../model/index.ts";
import { flag, mapOf, nanosecondCount, optional, struct, text, whole } from "../../wire/index.ts";
import { newTaskState } from "../task/task-state.ts";

/** What a driver has said of a task that runs: all that it needs to find it again. */
const taskHandle = struct({ driver: text, fields: mapOf(text) });

/**
 * One run of a task: it may be there. `directory` is its own, for its supervisor; without a `handle` nobody knows
 * whether it has begun. Once `hasEnded` its end is told, and only what it left is to be cleared away.
 */
const taskRun = struct({ driver: text, directory: text, handle: optional(taskHandle), hasEnded: flag });

/** The delay before the next start: its length, and when it is over, by the time of day. Nanoseconds. */
const restartDelay = struct({ at: nanosecondCount, delay: nanosecondCount });

/** Restarts since the interval of the restart policy began; `intervalStart` by the time of day, in nanoseconds. */
const restartCount = struct({ count: whole, intervalStart: nanosecondCount });

/** All that must outlive the agent of one task of an allocation. */
export const taskRecord = struct({
  state: taskState,
  restarts: optional(restartCount),
  run: optional(taskRun),
  restart: optional(restartDelay),
  /** Done, given up or stopped: it is not started again. */
  isOver: flag,
  /** Artifacts are fetched once, and not again for a restart. */
  artifactsFetched: flag,
});
export type TaskRecord = Readonly<z.infer<typeof taskRecord>>;
export type TaskRun = NonNullable<TaskRecord["run"]>;
export type RestartCount = NonNullable<TaskRecord["restarts"]>;
export type RestartDelay = NonNullable<TaskRecord["restart"]>;

/** Of a task with this story that does not run. */
export function newTaskRecord(state: TaskState = newTaskState): TaskRecord {
  return { state, restarts: null, run: null, restart: null, isOver: false, artifactsFetched: false };
}

/** Where the record of one task is kept. */
export interface TaskKeeping {
  /** As an earlier agent left it; undefined for a task that is new here. */
  readonly restored: TaskRecord | undefined;
  /** Puts `record` in the place of the one before; resolves when it would survive the agent. Never rejects. */
  keep(record: TaskRecord): Promise<void>;
}
