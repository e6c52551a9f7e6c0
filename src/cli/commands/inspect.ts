import { clientCommand, jsonFlag, templateFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { jobShape, jobStubShape, submissionShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { list, pointer } from "../format/shape.ts";
import { matchJob } from "../matching.ts";
import { showData } from "../show-data.ts";

/** `nomad inspect` */
export const command = clientCommand({
  usage: "[options] <job>",
  about: "Shows a job as the servers keep it. Without a job and with -json or -t, the list of all.",
  optionsTitle: "Inspect Options",
  completes: "jobs",
  flags: { json: jsonFlag, t: templateFlag },
  run: async (session) => {
    const { nomad, flags, args, fail, misused } = session;
    const [id] = args;
    if (args.length > 1) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail(`Error getting formatter: ${choice.error}`);
    const { format } = choice;
    if (id === undefined && format === undefined) return misused();
    if (id === undefined) {
      const { value } = await answered("Error querying jobs", nomad.jobs.list());
      return showData(session, value, list(pointer(jobStubShape)), format!);
    }
    const failure = "Error inspecting job";
    const stub = await matchJob(session, id, { failure });
    if (stub === undefined) return 0;
    const { value: job } = await answered(failure, nomad.jobs.get(stub.ID));
    if (format === undefined) return showData(session, { Job: job }, submissionShape, { kind: "json" });
    return showData(session, job, pointer(jobShape), format);
  },
});
