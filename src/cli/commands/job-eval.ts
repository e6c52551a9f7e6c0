import { clientCommand, detachFlag, verboseFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { matchJob } from "../matching.ts";
import { monitor } from "../monitor.ts";

/** `nomad job eval` */
export const command = clientCommand({
  usage: "[options] <job>",
  about: `Has the scheduler look at a job anew, though nothing has changed: what has no
place gets one, if there is one now. Then it is shown how the evaluation of this
turns out.`,
  optionsTitle: "Eval Options",
  completes: "jobs",
  flags: {
    detach: detachFlag,
    verbose: verboseFlag,
  },
  run: async (session) => {
    const { nomad, flags, args, say, misused } = session;
    const [id] = args;
    if (id === undefined || args.length !== 1) return misused();
    const failure = "Error evaluating job";
    const job = await matchJob(session, id, { failure });
    if (job === undefined) return 0;
    const { value } = await answered(failure, nomad.jobs.evaluate(job.ID));
    if (flags.detach) {
      say(`Created eval ID: ${JSON.stringify(value.EvalID)}`);
      return 0;
    }
    return monitor(session, value.EvalID, flags);
  },
});
