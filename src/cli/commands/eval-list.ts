import { textFlag } from "../../base/index.ts";
import { clientCommand, described, jsonFlag, templateFlag, verboseFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { evaluationShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { shortID } from "../format/quantities.ts";
import { list, pointer } from "../format/shape.ts";
import { columns } from "../format/table.ts";
import { placementFailures } from "../matching.ts";
import { showData } from "../show-data.ts";

/** `nomad eval list` */
export const command = clientCommand({
  usage: "[options]",
  about: "Lists evaluations, the newest first.",
  optionsTitle: "Eval List Options",
  flags: {
    job: described(textFlag(), "Only those of the job with this ID.", "<job>"),
    status: described(textFlag(), "Only those with this status: pending, complete, blocked, …", "<status>"),
    verbose: verboseFlag,
    json: jsonFlag,
    t: templateFlag,
  },
  run: async (session) => {
    const { nomad, flags, args, say, fail, misused } = session;
    if (args.length > 0) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail("Both -json and -t are not allowed");
    const { value } = await answered("Error querying evaluations", nomad.evaluations.list());
    const wanted = (value ?? [])
      .filter(({ JobID, Status }) => [JobID, ""].includes(flags.job) && [Status, ""].includes(flags.status))
      .sort((a, b) => b.CreateIndex - a.CreateIndex);
    if (choice.format !== undefined) return showData(session, wanted, list(pointer(evaluationShape)), choice.format);
    if (wanted.length === 0) {
      say("No evals found");
      return 0;
    }
    const whole = { whole: flags.verbose };
    const rows = wanted.map((each) => [
      shortID(each.ID, whole),
      String(each.Priority),
      each.TriggeredBy,
      each.JobID,
      each.Status,
      placementFailures(each),
    ]);
    say(columns([["ID", "Priority", "Triggered By", "Job ID", "Status", "Placement Failures"], ...rows]));
    return 0;
  },
});
