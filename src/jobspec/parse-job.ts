import { allAtOnce, type Steps } from "../base/index.ts";
import { type Body, checkKeys, HCLError, namedBlocksOf, parseJSON, sourceOf } from "../hcl/index.ts";
import { completeJob, initializeJob, type Job } from "../model/index.ts";
import { readJob } from "./blocks/job.ts";
import { evaluateJobFile, type LanguageOptions } from "./language/job-language.ts";
import { lonelyHost } from "./language/lonely-host.ts";

/** How a job file is read. By default it has no files beside it and no values from outside. */
export type JobFileOptions = Partial<LanguageOptions>;

/**
 * A job file becomes a job with every field filled that the file may leave out, ready to be validated and sent.
 * `fileName` is what messages call it. Throws `HCLError`: its message is what Nomad 0.4.1 prints, its diagnostics
 * show the places of all that is wrong.
 */
export function parseJob(text: string, fileName: string, options: JobFileOptions = {}): Job {
  return initializeJob(parseBareJob(text, fileName, options));
}

/** The same without what depends on other fields of the job, such as the restart policy of its type. */
export function parseBareJob(text: string, fileName: string, options: JobFileOptions = {}): Job {
  return allAtOnce(parseBareJobInSteps(text, fileName, options));
}

/** The same in steps, so that a file from anybody keeps nothing else waiting. */
export function* parseBareJobInSteps(text: string, fileName: string, options: JobFileOptions = {}): Steps<Job> {
  return yield* jobOf(yield* inPhase("error parsing: ", bodyOf(text, fileName, options)));
}

/** The job of a file that is parsed and evaluated. */
export function* jobOf(file: Body): Steps<Job> {
  checkKeys(file, ["job"]);
  if (!file.items.some((item) => item.key === "job")) {
    const hint = 'A job file holds one block: job "name" { … }';
    throw HCLError.bare(file.source, { message: "'job' stanza not found", position: file.position, hint });
  }
  return yield* inPhase("error parsing 'job': ", jobOfBlock(file));
}

function* jobOfBlock(file: Body): Steps<Job> {
  const [block, second] = namedBlocksOf(file, "job");
  if (block === undefined || second !== undefined) {
    const position = second?.position ?? file.items[0]!.position;
    throw HCLError.bare(file.source, { message: "only one 'job' block allowed", position });
  }
  const read = yield* readJob(block);
  return completeJob(read);
}

/** The file, parsed and evaluated. */
export function* bodyOf(
  text: string,
  fileName: string,
  { host = lonelyHost, ...options }: JobFileOptions,
): Steps<Body> {
  const source = sourceOf(text, fileName, options.longest);
  return source.syntax === "json" ? parseJSON(source) : yield* evaluateJobFile(source, { ...options, host });
}

function* inPhase<Result>(lead: string, steps: Steps<Result>): Steps<Result> {
  try {
    return yield* steps;
  } catch (error) {
    if (error instanceof HCLError) throw error.led(lead);
    throw error;
  }
}
