import { booleanFlag, type Flags, textFlag } from "../../base/index.ts";
import { type Job, nextLaunch } from "../../model/index.ts";
import { clientCommand, described, detachFlag, type Session, verboseFlag } from "../command.ts";
import { answered, CommandFailed } from "../command-failed.ts";
import { submissionShape } from "../format/api-shapes.ts";
import { warningsText } from "../format/palette.ts";
import { readJobFile } from "../job-file.ts";
import { jobFileFlags } from "../job-file-flags.ts";
import { monitor } from "../monitor.ts";
import { launchText } from "../periodic-launch.ts";
import { showData } from "../show-data.ts";

/** `nomad run` */
export const command = clientCommand({
  usage: "[options] <path>",
  about: `Runs a job: registers what a job file describes, new or as an update.

The file is a path, an http or https URL, or "-" for standard input.

Then it is shown what becomes of the job's evaluation, until it has ended;
leaving that with Ctrl-C changes nothing. The exit code tells how it went:
  * 0: registered, and all of it placed
  * 2: registered, but not all could be placed
  * 1: any error

A job that names its region goes there, whatever -region and NOMAD_REGION say.`,
  optionsTitle: "Run Options",
  completes: "files",
  flags: {
    "check-index": described(
      textFlag(),
      `Register the job only if it has not changed since "nomad plan" told this
    index. 0 means that there must be no such job yet.`,
      "<index>",
    ),
    detach: detachFlag,
    verbose: verboseFlag,
    output: described(booleanFlag(), "Print what would be sent to the HTTP API, and send nothing."),
    ...jobFileFlags,
  },
  run: async (session) => {
    const { environment, flags, args, say, fail, misused } = session;
    const [source] = args;
    if (source === undefined || args.length !== 1) return misused();
    const job = await readJobFile(environment, source, flags);
    if (flags.output) return showData(session, { Job: job }, submissionShape, { kind: "json" });

    const enforceIndex = flags["check-index"] === "" ? undefined : indexIn(flags["check-index"]);
    const evaluationID = await register(session, job, enforceIndex);
    if (evaluationID === undefined) return fail("Job not updated");
    if (job.Periodic !== null) {
      say("Job registration successful");
      const now = environment.now();
      say(`Approximate next launch time: ${launchText(nextLaunch(job.Periodic, now), now)}`);
      return 0;
    }
    if (flags.detach) {
      say(`Job registration successful\nEvaluation ID: ${evaluationID}`);
      return 0;
    }
    return monitor({ ...session, nomad: session.inRegion(job.Region) }, evaluationID, flags);
  },
});

function indexIn(text: string): number {
  const shown = JSON.stringify(text);
  const failure = `Error parsing check-index value ${shown}: strconv.ParseUint: parsing ${shown}`;
  if (!/^[0-9]{1,100}$/.test(text)) throw new CommandFailed(`${failure}: invalid syntax`);
  if (!Number.isSafeInteger(Number(text))) throw new CommandFailed(`${failure}: value out of range`);
  return Number(text);
}

/** The ID of the job's evaluation; undefined when the job is not at the wanted index, which has been told. */
async function register(
  { inRegion, palette, say, fail }: Pick<Session<Flags>, "inRegion" | "palette" | "say" | "fail">,
  job: Job,
  enforceIndex: number | undefined,
): Promise<string | undefined> {
  try {
    const { value } = await answered("Error submitting job", inRegion(job.Region).jobs.register(job, { enforceIndex }));
    if (value.Warnings) say(`${warningsText(palette, value.Warnings)}\n`);
    return value.EvalID;
  } catch (error) {
    const [mismatch] =
      /Enforcing job modify index [^)\n]*/.exec(error instanceof CommandFailed ? error.message : "") ?? [];
    if (enforceIndex === undefined || mismatch === undefined) throw error;
    fail(mismatch);
    return undefined;
  }
}
