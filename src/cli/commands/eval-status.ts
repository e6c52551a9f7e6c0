import { booleanFlag } from "../../base/index.ts";
import type { Evaluation } from "../../model/index.ts";
import { clientCommand, described, jsonFlag, templateFlag, verboseFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { evaluationShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { goQuote } from "../format/go-quote.ts";
import { heading, type Palette } from "../format/palette.ts";
import { failedGroup, placementMetrics } from "../format/placement-metrics.ts";
import { shortID } from "../format/quantities.ts";
import { list, pointer } from "../format/shape.ts";
import { keyValues } from "../format/table.ts";
import { matchEvaluation, placementFailures } from "../matching.ts";
import { monitor } from "../monitor.ts";
import { showData } from "../show-data.ts";

/** `nomad eval-status` */
export const command = clientCommand({
  usage: "[options] <evaluation-id>",
  about: "Shows an evaluation, and if it could not place everything, why not.",
  optionsTitle: "Eval Status Options",
  completes: "evaluations",
  flags: {
    monitor: described(booleanFlag(), "Watch the evaluation until it has ended."),
    verbose: verboseFlag,
    json: jsonFlag,
    t: templateFlag,
  },
  run: async (session) => {
    const { nomad, flags, args, palette, say, fail, misused } = session;
    const [id] = args;
    if (args.length > 1) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (id === undefined) {
      if (!choice.ok) return fail("Both -json and -t are not allowed");
      if (choice.format === undefined) return misused();
      const { value } = await answered("Error querying evaluations", nomad.evaluations.list());
      if ((value ?? []).length === 0) return 0;
      return showData(session, value, list(pointer(evaluationShape)), choice.format);
    }
    if (flags.monitor) return monitor(session, id, { verbose: flags.verbose, byPrefix: true });

    const stub = await matchEvaluation(session, id, flags);
    if (stub === undefined) return 0;
    const { value: evaluation } = await answered("Error querying evaluation", nomad.evaluations.get(stub.ID));
    if (!choice.ok) return fail(`Error getting formatter: ${choice.error}`);
    if (choice.format !== undefined) return showData(session, evaluation, pointer(evaluationShape), choice.format);
    say(overview(evaluation, flags));
    for (const text of failures(evaluation, { palette, verbose: flags.verbose })) say(text);
    return 0;
  },
});

function overview(evaluation: Evaluation, { verbose }: { readonly verbose: boolean }): string {
  const whole = { whole: verbose };
  const links: [string, string][] = [
    ["Previous Eval", evaluation.PreviousEval],
    ["Next Eval", evaluation.NextEval],
    ["Blocked Eval", evaluation.BlockedEval],
  ];
  return keyValues([
    ["ID", shortID(evaluation.ID, whole)],
    ["Status", evaluation.Status],
    ["Status Description", evaluation.StatusDescription || evaluation.Status],
    ["Type", evaluation.Type],
    ["TriggeredBy", evaluation.TriggeredBy],
    trigger(evaluation, whole),
    ["Priority", String(evaluation.Priority)],
    ["Placement Failures", placementFailures(evaluation)],
    ...(verbose ? links : []),
  ]);
}

/** What caused the evaluation, by the kind of cause. */
function trigger(evaluation: Evaluation, whole: { readonly whole: boolean }): readonly [string, string] {
  switch (evaluation.TriggeredBy) {
    case "node-update":
      return ["Node ID", shortID(evaluation.NodeID, whole)];
    case "max-plan-attempts":
      return ["Previous Eval", shortID(evaluation.PreviousEval, whole)];
    case "job-register":
    case "job-deregister":
    case "periodic-job":
    case "rolling-update":
      return ["Job ID", evaluation.JobID];
    default:
      return ["<none>", "<none>"];
  }
}

function failures(
  evaluation: Evaluation,
  { palette, verbose }: { readonly palette: Palette; readonly verbose: boolean },
): readonly string[] {
  const failed = evaluation.FailedTGAllocs ?? {};
  if (Object.keys(failed).length === 0) return [];
  return [
    `\n${heading(palette, "Failed Placements")}`,
    ...Object.keys(failed)
      .sort()
      .map((group) => `${failedGroup(group, failed[group]!)}\n${placementMetrics(failed[group]!, { indent: "  " })}\n`),
    ...(evaluation.BlockedEval === ""
      ? []
      : [
          `Evaluation ${goQuote(shortID(evaluation.BlockedEval, { whole: verbose }))} waiting for additional capacity to place remainder`,
        ]),
  ];
}
