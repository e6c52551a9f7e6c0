import { booleanFlag, textFlag } from "../../base/index.ts";
import { clientCommand, described, jsonFlag, templateFlag } from "../command.ts";
import { answered } from "../command-failed.ts";
import { metricsShape } from "../format/api-shapes.ts";
import { formatChoice } from "../format/format-choice.ts";
import { pointer } from "../format/shape.ts";
import { showData } from "../show-data.ts";

/** `nomad operator metrics` */
export const command = clientCommand({
  usage: "[options]",
  about: "Shows what the agent measures, of the last ten seconds that are over.",
  optionsTitle: "Metrics Options",
  flags: {
    pretty: described(booleanFlag(), "Break the agent's JSON into lines."),
    format: described(textFlag(), `"prometheus" is the text that Prometheus reads.`, "format"),
    json: jsonFlag,
    t: templateFlag,
  },
  run: async (session) => {
    const { nomad, environment, flags, args, fail, misused } = session;
    if (args.length > 0) return misused();
    const choice = formatChoice({ json: flags.json, template: flags.t });
    if (!choice.ok) return fail(`Error getting formatter: ${choice.error}`);
    const failure = "Error querying metrics";
    if (choice.format !== undefined) {
      const { value } = await answered(failure, nomad.agent.metrics());
      return showData(session, value, pointer(metricsShape), choice.format);
    }
    const written = nomad.agent.writtenMetrics({ format: flags.format || undefined, pretty: flags.pretty });
    for await (const piece of await answered(failure, written)) environment.output.write(piece);
    if (flags.format === "" && !flags.pretty) environment.output.write("\n");
    return 0;
  },
});
