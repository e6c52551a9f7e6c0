import type { TaskState } from "../../model/index.ts";
import type { LeftRun } from "./left-runs.ts";
import { newTaskRecord, type TaskRecord } from "./task-record.ts";

/** What an allocation goes on with after an earlier agent. */
export interface TakenUp {
  /** By the names of the tasks; one that never began has none. */
  readonly records: ReadonlyMap<string, TaskRecord>;
  /** Runs beside those of the records: to be ended before anything else begins. */
  readonly strays: readonly LeftRun[];
}

/** What is known from elsewhere than the records. */
export interface Known {
  readonly tasks: readonly { readonly Name: string; readonly Driver: string }[];
  /** As the servers were last told. */
  readonly states: Readonly<Record<string, TaskState>>;
  /** Whether records may be missing. */
  readonly hasLost: boolean;
  readonly drivers: readonly string[];
}

/**
 * Brings records together with the runs that are there. A record tells more, and may be missing, or be of before the
 * disk failed; a directory of a run says only whose it is. So a task goes on with the recorded run if that is there,
 * else with one that is; what is beyond that is a stray. What was done before the records were lost is not done again.
 */
export function takeUp(
  stored: ReadonlyMap<string, TaskRecord>,
  left: readonly LeftRun[],
  { tasks, states, drivers, hasLost }: Known,
): TakenUp {
  const records = new Map(stored);
  const strays = new Set(left);
  for (const { Name, Driver } of tasks) {
    const record = stored.get(Name);
    const own = left.filter((run) => run.isOf(Name));
    const recorded = own.find(({ directory }) => directory === record?.run?.directory);
    const chosen = recorded ?? own[0];
    if (chosen === undefined) {
      const told = states[Name];
      const wasDone = hasLost && record === undefined && told?.State === "dead";
      if (wasDone) records.set(Name, { ...newTaskRecord(told), isOver: true });
      continue;
    }
    strays.delete(chosen);
    if (chosen === recorded) continue;
    const driver = drivers.find((name) => chosen.isBy(name)) ?? Driver;
    const run = { driver, directory: chosen.directory, handle: null, hasEnded: false };
    records.set(Name, { ...(record ?? newTaskRecord(states[Name])), run, restart: null, isOver: false });
  }
  return { records, strays: [...strays] };
}
