import { clientCommand, detachFlag, verboseFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { matchJob } from "../matching.ts";
import { monitor } from "../monitor.ts";

/** `nomad job periodic force` */
export const command = clientCommand({
  usage: "[options] <job>",
  about: `Launches a periodic job now, besides the launches that its file sets, also where
the job prohibits overlap and an instance of it runs. Then it is shown how the
evaluation of the new one turns out.`,
  optionsTitle: "Periodic Force Options",
  completes: "jobs",
  flags: {
    detach: detachFlag,
    verbose: verboseFlag,
  },
  run: async (session) => {
    const { nomad, flags, args, say, misused } = session;
    const [id] = args;
    if (id === undefined || args.length !== 1) return misused();
    const failure = "Error forcing periodic job";
    const job = await matchJob(session, id, { failure });
    if (job === undefined) return 0;
    const { value } = await answered(`${failure} ${JSON.stringify(job.ID)}`, nomad.jobs.forcePeriodic(job.ID));
    if (flags.detach) {
      say(`Force periodic successful\nEvaluation ID: ${value.EvalID}`);
      return 0;
    }
    return monitor(session, value.EvalID, flags);
  },
});
