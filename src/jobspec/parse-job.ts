import { checkKeys, HCLError, namedBlocksOf, parseHCL } from "../hcl/index.ts";
import { initializeJob, type Job, job as jobSchema } from "../model/index.ts";
import { readJob } from "./blocks/job.ts";

/**
 * A job file becomes a job with every field filled that the file may leave out, ready to be validated and sent.
 * `fileName` is what messages call it. Throws `HCLError`: its message is what Nomad 0.4.1 prints, its diagnostics
 * show the places.
 */
export function parseJob(text: string, fileName: string): Job {
  const file = inPhase("error parsing: ", () => parseHCL(text, fileName));
  checkKeys(file, ["job"]);
  if (!file.items.some((item) => item.key === "job")) {
    const hint = 'A job file holds one block: job "name" { … }';
    throw HCLError.bare(file.source, { message: "'job' stanza not found", position: file.position, hint });
  }
  return inPhase("error parsing 'job': ", () => {
    const [block, second] = namedBlocksOf(file, "job");
    if (block === undefined || second !== undefined) {
      const position = second?.position ?? file.items[0]!.position;
      throw HCLError.bare(file.source, { message: "only one 'job' block allowed", position });
    }
    return initializeJob(jobSchema.parse(readJob(block)));
  });
}

function inPhase<Result>(lead: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof HCLError) throw error.led(lead);
    throw error;
  }
}
