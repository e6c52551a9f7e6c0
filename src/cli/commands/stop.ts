import { booleanFlag } from "../../base/index.ts";
import { clientCommand, described, detachFlag, verboseFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { unconfirmed } from "../confirmation.ts";
import { goQuote } from "../format/go-quote.ts";
import { matchJob } from "../matching.ts";
import { monitor } from "../monitor.ts";

/** `nomad stop` */
export const command = clientCommand({
  usage: "[options] <job>",
  about: `Stops a job: its allocations are ended. Called as "nomad stop" it also removes
the job's record, as in 0.4.1; "nomad job stop" keeps it until it is collected.
Then it is shown how the evaluation of this turns out; leaving that with Ctrl-C
changes nothing.`,
  optionsTitle: "Stop Options",
  completes: "jobs",
  flags: {
    detach: detachFlag,
    purge: described(booleanFlag(), "Remove the job's record at once."),
    yes: described(booleanFlag(), "Do not ask for confirmation."),
    verbose: verboseFlag,
  },
  run: async (session) => {
    const { nomad, environment, modern, flags, args, say, misused } = session;
    const [id] = args;
    if (id === undefined || args.length !== 1) return misused();
    const failure = "Error deregistering job";
    const job = await matchJob(session, id, { failure });
    if (job === undefined) return 0;
    if (id !== job.ID && !flags.yes) {
      const question = `Are you sure you want to stop job ${goQuote(job.ID)}?`;
      const code = await unconfirmed(environment, question, { canceled: "Cancelling job stop" });
      if (code !== undefined) return code;
    }
    const { value } = await answered(failure, nomad.jobs.deregister(job.ID, { purge: flags.purge || !modern }));
    // A periodic job is stopped without an evaluation.
    if (value.EvalID === "") return 0;
    if (flags.detach) {
      say(value.EvalID);
      return 0;
    }
    return monitor(session, value.EvalID, flags);
  },
});
