import type { TaskOutput } from "../../drivers/index.ts";
import type { Log } from "../../runtime/index.ts";
import type { RotatedLog } from "../logs/rotated-log.ts";

/**
 * Writes all of `source` to `target` and closes it. A task must not stand still because the disk is full: what cannot
 * be written is dropped, said once for each row of failures, and the next chunk is tried again. Never rejects: what is
 * wrong with an output is no reason to end the task, or whoever attends to it.
 *
 * What was read and not yet written is lost when the agent is killed. So what a task writes line by line is written down
 * right after it was read, if the source lets us: some ten microseconds later.
 */
export async function pumpLog(source: TaskOutput, target: RotatedLog, log: Log): Promise<void> {
  let isFailing = false;
  const lost = (error: unknown) => {
    if (!isFailing) log.error("output of a task is lost", { reason: String(error) });
    isFailing = true;
  };
  const write = async (chunk: Uint8Array) => {
    try {
      await target.write(chunk);
      isFailing = false;
    } catch (error) {
      lost(error);
    }
  };
  const writeNow = (chunk: Uint8Array) => {
    try {
      const rest = target.writeNow(chunk);
      if (rest.length > 0) return write(Uint8Array.from(rest));
      isFailing = false;
    } catch (error) {
      lost(error);
    }
    return undefined;
  };
  try {
    if (source.each !== undefined) await source.each(writeNow);
    else for await (const chunk of source) await write(chunk);
  } catch (error) {
    lost(error);
  }
  await target.close().catch(lost);
}
