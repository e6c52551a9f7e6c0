import type { Log } from "../../runtime/index.ts";
import type { RotatedLog } from "../logs/rotated-log.ts";

/**
 * Writes all of `source` to `target` and closes it. A task must not stand still because the disk is full: what cannot
 * be written is dropped, said once for each row of failures, and the next chunk is tried again. Never rejects: what is
 * wrong with an output is no reason to end the task, or whoever attends to it.
 */
export async function pumpLog(source: AsyncIterable<Uint8Array>, target: RotatedLog, log: Log): Promise<void> {
  let isFailing = false;
  const lost = (error: unknown) => {
    if (!isFailing) log.error("output of a task is lost", { reason: String(error) });
    isFailing = true;
  };
  try {
    for await (const chunk of source) {
      try {
        await target.write(chunk);
        isFailing = false;
      } catch (error) {
        lost(error);
      }
    }
  } catch (error) {
    lost(error);
  }
  await target.close().catch(lost);
}
