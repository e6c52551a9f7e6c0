import { formatRfc3339, instantOf } from "../../base/index.ts";
import type { TaskEvent, TaskState } from "../../model/index.ts";

/** Older events are dropped: users look at the end of the story. */
const eventsKept = 10;

/** What state a task is in after an event. */
const stateAfter: Readonly<Record<string, "pending" | "running" | "dead">> = {
  Received: "pending",
  "Downloading Artifacts": "pending",
  Restarting: "pending",
  Started: "running",
  Killing: "running",
  "Failed Validation": "dead",
  "Failed Artifact Download": "dead",
  "Driver Failure": "dead",
  Terminated: "dead",
  "Not Restarting": "dead",
  Killed: "dead",
};

/** A dead task whose story ends so has failed, and its allocation with it. */
const failures: ReadonlySet<string> = new Set(["Not Restarting", "Failed Artifact Download", "Failed Validation"]);

/** A task of which nothing is known yet. */
export const newTaskState: TaskState = {
  State: "pending",
  Failed: false,
  Restarts: 0,
  LastRestart: null,
  StartedAt: null,
  FinishedAt: null,
  Events: [],
};

/** The state after one more event. `FinishedAt` is when the task last died; it is unset again by a restart. */
export function afterEvent(state: TaskState, event: TaskEvent): TaskState {
  const at = formatRfc3339(instantOf(event.Time));
  const next = stateAfter[event.Type] ?? state.State;
  return {
    State: next,
    Failed: next === "dead" && failures.has(event.Type),
    Restarts: state.Restarts + (event.Type === "Restarting" ? 1 : 0),
    LastRestart: event.Type === "Restarting" ? at : state.LastRestart,
    StartedAt: state.StartedAt ?? (event.Type === "Started" ? at : null),
    FinishedAt: next === "dead" ? (state.State === "dead" ? (state.FinishedAt ?? at) : at) : null,
    Events: [...state.Events, event].slice(-eventsKept),
  };
}
