import { type Duration, formatGoDuration, seconds } from "../../base/index.ts";
import type { RunningTask } from "../../drivers/index.ts";
import { type Clock, endsWithin } from "../../runtime/index.ts";

/** Waits between tries to kill a task that a driver refuses to kill. */
const pauses = [seconds(5), seconds(20), seconds(80), seconds(120)] as const;

/** What a task that nothing can end gets beyond its own time before it is left to itself. */
const patience = seconds(10);

/** Stops a running task: `signal` first, force after `timeout`. Gives what went wrong, or an empty text. Never rejects. */
export async function killTask(
  clock: Clock,
  running: RunningTask,
  how: { readonly signal: string; readonly timeout: Duration },
): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      const isEnded = await endsWithin(
        clock,
        running.stop(how.signal, how.timeout),
        (how.timeout + patience) as Duration,
      );
      return isEnded ? "" : `task did not end within ${formatGoDuration(how.timeout)} and could not be killed`;
    } catch (error) {
      const wait = pauses[tries];
      const reason = error instanceof Error ? error.message : String(error);
      if (wait === undefined) return reason;
      if (await endsWithin(clock, running.exited, wait)) return "";
    }
  }
}
