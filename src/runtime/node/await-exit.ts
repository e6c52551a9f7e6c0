import { type FSWatcher, watch } from "node:fs";
import { exitRecord, type ShimReport } from "./exit-record.ts";
import { isAlive } from "./process-table.ts";

/** How often to look whether task and shim are still there. Their regular end is told at once by the directory. */
const lookMilliseconds = 1_000;

/** What is known of a task whose shim was killed before it could write the exit code. */
const lostExit: ShimReport = { exitCode: 1, signal: 0, lost: "the supervisor of the task was killed" };

/**
 * Calls back once, when the shim in `directory` has written the task's exit, or when the task has ended and nothing
 * was written. Returns the function that ends the waiting. Never throws: what cannot be read now is looked at again.
 */
export function awaitExit(directory: string, identity: string, exited: (exit: ShimReport) => void): () => void {
  let wasGone = false;
  const look = () => {
    const record = exitRecord(directory);
    if (record !== undefined) return end(record);
    // The shim needs a moment after the task's end: its record counts as lost at the second look.
    if (wasGone) return end(lostExit);
    wasGone = !isAlive(identity);
  };
  const stop = () => {
    watcher?.close();
    clearInterval(timer);
  };
  const end = (exit: ShimReport) => {
    stop();
    exited(exit);
  };
  const watcher = watched(directory, () => {
    const record = exitRecord(directory);
    if (record !== undefined) end(record);
  });
  const timer = setInterval(() => ifPossible(look), lookMilliseconds);
  ifPossible(look);
  return stop;
}

/** Undefined when the directory is gone, or the agent has no descriptor left: the timer still looks. */
function watched(directory: string, changed: () => void): FSWatcher | undefined {
  const watcher = ifPossible(() => watch(directory, () => ifPossible(changed)));
  // A directory that goes away under the watcher ends the watching; the timer still looks at the process.
  watcher?.on("error", () => watcher.close());
  return watcher;
}

/** Nobody is there to whom a failure could be told: it would end the agent, and its tasks are still to be attended. */
function ifPossible<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
