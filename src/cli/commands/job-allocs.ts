import { clientCommand, jsonFlag, templateFlag, verboseFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { allocationStubShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { placedAllocations } from "../format/placed-allocations.ts";
import { list, pointer } from "../format/shape.ts";
import { matchJob } from "../matching.ts";
import { showData } from "../show-data.ts";

/** `nomad job allocs` */
export const command = clientCommand({
  usage: "[options] <job>",
  about: "Lists the allocations of a job, the newest first.",
  optionsTitle: "Allocs Options",
  completes: "jobs",
  flags: { verbose: verboseFlag, json: jsonFlag, t: templateFlag },
  run: async (session) => {
    const { nomad, environment, flags, args, say, fail, misused } = session;
    const [id] = args;
    if (id === undefined || args.length !== 1) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail("Both -json and -t are not allowed");
    const failure = "Error retrieving allocations";
    const job = await matchJob(session, id, { failure });
    if (job === undefined) return 0;
    const { value } = await answered(failure, nomad.jobs.allocations(job.ID));
    if (choice.format !== undefined) {
      return showData(session, value, list(pointer(allocationStubShape)), choice.format);
    }
    say(placedAllocations(value ?? [], { ...flags, ...environment }));
    return 0;
  },
});
